package io.lockstep.client;

import com.google.protobuf.UnsafeByteOperations;
import io.lockstep.data.answer.AnsweredObject;
import io.lockstep.data.geometry.Geometry;
import io.lockstep.data.geometry.Geometry.Box;
import io.lockstep.data.geometry.Geometry.Polygon;
import io.lockstep.data.geometry.Geometry.Polyline;
import io.lockstep.data.geometry.Point;
import io.lockstep.data.image.DecodeLimits;
import io.lockstep.data.image.ImageHeader;
import io.lockstep.proto.inference.v1.CaptionRequest;
import io.lockstep.proto.inference.v1.CaptionResponse;
import io.lockstep.proto.inference.v1.CaptionedObject;
import io.lockstep.proto.inference.v1.PixelPoints;
import java.io.IOException;
import java.util.List;

/** Dense captioning as messages. */
final class CaptionMessages {

  private CaptionMessages() {}

  /** Reads the picture's file; a file that is no good picture is not sent. */
  static CaptionRequest request(PictureFile picture, AnswerSettings settings) throws IOException {
    byte[] bytes = ImageHeader.requireGood(picture.file(), DecodeLimits.DEFAULT);
    return CaptionRequest.newBuilder()
        .setId(picture.id())
        .setContent(UnsafeByteOperations.unsafeWrap(bytes))
        .setDecoding(Messages.decoding(settings))
        .setAllowUntrained(settings.allowUntrained())
        .build();
  }

  static Captioned captioned(String id, CaptionResponse response) {
    Captioned.Answer answer =
        new Captioned.Answer(
            response.getWidth(),
            response.getHeight(),
            response.getObjectsList().stream().map(CaptionMessages::object).toList(),
            response.getRaw(),
            response.getPromptTokens(),
            response.getNewTokens(),
            Messages.finish(response.getFinishReason()));
    return response.hasUnparseable()
        ? new Captioned.Unparseable(id, response.getUnparseable(), answer)
        : new Captioned.Parsed(id, answer);
  }

  private static AnsweredObject object(CaptionedObject object) {
    return new AnsweredObject(object.getDesc(), place(object));
  }

  private static Geometry place(CaptionedObject object) {
    return switch (object.getPlaceCase()) {
      case BBOX_2D ->
          new Box(
              object.getBbox2D().getX1(),
              object.getBbox2D().getY1(),
              object.getBbox2D().getX2(),
              object.getBbox2D().getY2());
      case POLY -> new Polygon(points(object.getPoly()));
      case LINE -> new Polyline(points(object.getLine()));
      case PLACE_NOT_SET ->
          throw new IllegalStateException(
              "the gateway sent an object without a place that this client knows");
    };
  }

  private static List<Point> points(PixelPoints points) {
    return points.getPointsList().stream()
        .map(point -> new Point(point.getX(), point.getY()))
        .toList();
  }
}
