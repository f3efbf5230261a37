package io.lockstep.datatools.demo;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lockstep.data.conversation.Content;
import io.lockstep.data.conversation.Conversation;
import io.lockstep.data.conversation.ImageSource;
import io.lockstep.data.conversation.Message;
import io.lockstep.data.conversation.Role;
import io.lockstep.data.geometry.Geometry;
import io.lockstep.data.geometry.Point;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;

/** Writes records as lines of JSON, with the fields in a fixed order. */
final class RecordLines {

  private static final ObjectMapper JSON = new ObjectMapper();

  private RecordLines() {}

  /**
   * The record of an inspection picture.
   *
   * @param image path of the picture, relative to the folder of the JSONL file
   * @param group the group it belongs to
   */
  static String inspection(String image, Scene scene, List<Geometry> geometries, DemoGroup group) {
    ObjectNode line = picture(image);
    objects(line, scene, geometries, InspectionWords::desc);
    size(line);
    line.put("summary", InspectionWords.summary(scene.items()));
    metadata(line, scene).put("group", group.id()).put("label", group.verdict().label());
    return write(line);
  }

  /** The record of a plain picture. */
  static String plain(String image, Scene scene, List<Geometry> geometries, String summary) {
    ObjectNode line = picture(image);
    objects(line, scene, geometries, PlainWords::name);
    size(line);
    line.put("summary", summary);
    metadata(line, scene);
    return write(line);
  }

  /** A conversation about a plain picture: the request to count, and the counted list. */
  static String counted(String image, Scene scene) {
    ObjectNode line = JSON.createObjectNode();
    Message request =
        new Message(
            Role.USER,
            List.of(
                new Content.Image(new ImageSource.File(Path.of(image))),
                new Content.Text(PlainWords.COUNT_REQUEST)));
    Message answer = Message.text(Role.ASSISTANT, PlainWords.counted(scene.items()));
    messages(line, new Conversation(List.of(request, answer)));
    metadata(line, scene);
    return write(line);
  }

  /** A text-only record. */
  static String text(Exchange exchange) {
    ObjectNode line = JSON.createObjectNode();
    messages(line, exchange.conversation());
    return write(line);
  }

  private static ObjectNode picture(String image) {
    ObjectNode line = JSON.createObjectNode();
    line.putArray("images").add(image);
    return line;
  }

  private static void objects(
      ObjectNode line, Scene scene, List<Geometry> geometries, Function<Item, String> desc) {
    ArrayNode objects = line.putArray("objects");
    for (int i = 0; i < geometries.size(); i++) {
      ObjectNode object = objects.addObject().put("desc", desc.apply(scene.items().get(i)));
      geometry(object, geometries.get(i));
    }
  }

  private static void geometry(ObjectNode object, Geometry geometry) {
    switch (geometry) {
      case Geometry.Box(double x1, double y1, double x2, double y2) ->
          points(object.putArray("bbox_2d"), List.of(new Point(x1, y1), new Point(x2, y2)));
      case Geometry.Polygon(List<Point> points) -> points(object.putArray("poly"), points);
      case Geometry.Polyline(List<Point> points) -> points(object.putArray("line"), points);
    }
  }

  private static void points(ArrayNode xy, List<Point> points) {
    points.forEach(point -> xy.add((int) point.x()).add((int) point.y()));
  }

  private static void size(ObjectNode line) {
    line.put("width", Scene.SIZE).put("height", Scene.SIZE);
  }

  private static ObjectNode metadata(ObjectNode line, Scene scene) {
    return line.putObject("metadata")
        .put("seed", scene.seed())
        .put("split", scene.split().label())
        .put("index", scene.index());
  }

  private static void messages(ObjectNode line, Conversation conversation) {
    ArrayNode messages = line.putArray("messages");
    for (Message message : conversation.messages()) {
      ObjectNode node = messages.addObject().put("role", message.role().label());
      if (message.contents().size() == 1
          && message.contents().getFirst() instanceof Content.Text text) {
        node.put("content", text.text());
      } else {
        ArrayNode items = node.putArray("content");
        message.contents().forEach(content -> item(items.addObject(), content));
      }
    }
  }

  private static void item(ObjectNode node, Content content) {
    switch (content) {
      case Content.Text text -> node.put("type", "text").put("text", text.text());
      case Content.Image image -> node.put("type", "image").put("image", image.source().name());
    }
  }

  private static String write(ObjectNode line) {
    try {
      return JSON.writeValueAsString(line);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a record made of text and numbers cannot be written", e);
    }
  }
}
