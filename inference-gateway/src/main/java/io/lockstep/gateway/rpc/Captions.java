package io.lockstep.gateway.rpc;

import io.lockstep.data.answer.AnsweredObject;
import io.lockstep.data.answer.CoordinateRange;
import io.lockstep.data.answer.DenseAnswerReader;
import io.lockstep.data.answer.DenseReading;
import io.lockstep.data.geometry.Geometry.Box;
import io.lockstep.data.geometry.Geometry.Polygon;
import io.lockstep.data.geometry.Geometry.Polyline;
import io.lockstep.data.geometry.Point;
import io.lockstep.gateway.serving.Job;
import io.lockstep.gateway.serving.Task;
import io.lockstep.proto.inference.v1.CaptionResponse;
import io.lockstep.proto.inference.v1.CaptionedObject;
import io.lockstep.proto.inference.v1.PixelBox;
import io.lockstep.proto.inference.v1.PixelPoint;
import io.lockstep.proto.inference.v1.PixelPoints;
import java.util.List;

/** Dense answers as responses: read strictly, their objects in pixels of the picture. */
final class Captions {

  private Captions() {}

  /** The response to an answer; one that is not of the trained form says so and is kept whole. */
  static CaptionResponse response(Task.Caption asked, Job.Answer answer) {
    CoordinateRange range = answer.emitNorm().range(asked.width(), asked.height());
    CaptionResponse.Builder response =
        CaptionResponse.newBuilder()
            .setId(asked.picture().name())
            .setWidth(asked.width())
            .setHeight(asked.height())
            .setRaw(answer.text())
            .setPromptTokens(answer.promptTokens())
            .setNewTokens(answer.newTokens())
            .setFinishReason(DecodingMessages.write(answer.finish()));
    List<AnsweredObject> objects =
        switch (new DenseAnswerReader(range).read(answer.text())) {
          case DenseReading.Parsed(var all) -> all;
          case DenseReading.Unparseable(var reason, var complete) -> {
            response.setUnparseable(reason);
            yield complete;
          }
        };
    for (AnsweredObject object : objects) {
      response.addObjects(message(object.inPixels(range, asked.width(), asked.height())));
    }
    return response.build();
  }

  private static CaptionedObject message(AnsweredObject object) {
    CaptionedObject.Builder message = CaptionedObject.newBuilder().setDesc(object.desc());
    switch (object.geometry()) {
      case Box(double x1, double y1, double x2, double y2) ->
          message.setBbox2D(PixelBox.newBuilder().setX1(x1).setY1(y1).setX2(x2).setY2(y2));
      case Polygon(List<Point> points) -> message.setPoly(points(points));
      case Polyline(List<Point> points) -> message.setLine(points(points));
    }
    return message.build();
  }

  private static PixelPoints points(List<Point> points) {
    PixelPoints.Builder message = PixelPoints.newBuilder();
    for (Point point : points) {
      message.addPoints(PixelPoint.newBuilder().setX(point.x()).setY(point.y()));
    }
    return message.build();
  }
}
