package io.lockstep.cli.stage;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lockstep.cli.console.UserError;
import io.lockstep.client.Captioned;
import io.lockstep.client.PictureFile;
import io.lockstep.data.answer.AnsweredObject;
import io.lockstep.data.answer.Finish;
import io.lockstep.data.geometry.Geometry.Box;
import io.lockstep.data.geometry.Geometry.Polygon;
import io.lockstep.data.geometry.Geometry.Polyline;
import io.lockstep.data.geometry.Point;
import io.lockstep.data.record.DataObject;
import io.lockstep.datatools.overlay.Note;
import io.lockstep.datatools.overlay.Overlay;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** Dense captioning of pictures: a JSONL file of their objects, and drawings if they are wanted. */
public final class CaptionRun {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String PNG = ".png";

  private CaptionRun() {}

  /** Asks for the objects of pictures; the gateway's client is one. */
  @FunctionalInterface
  public interface Captioner {

    /**
     * What comes of asking about each picture, in the same order.
     *
     * @param listener told of each outcome as it comes, one at a time
     */
    List<Captioned> caption(List<PictureFile> pictures, Consumer<Captioned> listener);
  }

  /**
   * How it ended.
   *
   * @param pictures that were asked about
   * @param parsed answers of the trained form
   * @param objects all objects of those
   * @param unparseable answers that are not of the trained form
   * @param cut answers that the limit of new tokens has cut off
   * @param unanswered one line on each picture without an answer
   */
  public record Result(
      int pictures, int parsed, int objects, int unparseable, int cut, List<String> unanswered) {

    public Result {
      unanswered = List.copyOf(unanswered);
    }

    /** The figures in two lines. */
    public String text() {
      return "%d pictures: %d answers of the trained form with %d objects, %d unparseable, %d no answer%n%s"
          .formatted(
              pictures,
              parsed,
              objects,
              unparseable,
              unanswered.size(),
              StageAResult.cut(cut, parsed + unparseable));
    }

    /**
     * Nothing, if every picture has an answer.
     *
     * @throws UserError naming the first picture without one
     */
    public void requireAnswers() {
      if (!unanswered.isEmpty()) {
        throw new UserError(
            "%d of %d pictures have no answer, the first: %s"
                .formatted(unanswered.size(), pictures, unanswered.getFirst()));
      }
    }
  }

  /**
   * Asks about all pictures, writes a line for each, and draws those that have an answer; nothing
   * is asked before every picture is whole and within the limits.
   *
   * @param out the JSONL file, replaced if it exists
   * @param drawings folder for one PNG a picture, if they are wanted
   * @param listener told of each outcome as it comes
   * @throws UserError naming the pictures that can't be used, or that would be drawn into one file
   */
  public static Result run(
      List<PictureFile> pictures,
      Path out,
      Optional<Path> drawings,
      Captioner captioner,
      Consumer<Captioned> listener)
      throws IOException {
    UsablePictures.require(pictures);
    List<String> names = drawings.isPresent() ? drawingNames(pictures) : List.of();
    List<Captioned> outcomes = captioner.caption(pictures, listener);
    AtomicLines.write(out, outcomes.stream().map(CaptionRun::line).toList());
    if (drawings.isPresent()) {
      Overlay overlay = Overlay.create();
      for (int i = 0; i < pictures.size(); i++) {
        draw(overlay, pictures.get(i), outcomes.get(i), drawings.get().resolve(names.get(i)));
      }
    }
    return result(outcomes);
  }

  private static Result result(List<Captioned> outcomes) {
    int parsed = 0;
    int objects = 0;
    int unparseable = 0;
    int cut = 0;
    List<String> unanswered = new ArrayList<>();
    for (Captioned outcome : outcomes) {
      switch (outcome) {
        case Captioned.Parsed(var _, var answer) -> {
          parsed++;
          objects += answer.objects().size();
          cut += answer.finish() == Finish.LENGTH ? 1 : 0;
        }
        case Captioned.Unparseable(var _, var _, var answer) -> {
          unparseable++;
          cut += answer.finish() == Finish.LENGTH ? 1 : 0;
        }
        case Captioned.NoAnswer(var _, var problem) -> unanswered.add(problem);
      }
    }
    return new Result(outcomes.size(), parsed, objects, unparseable, cut, unanswered);
  }

  /** File names of drawings: a picture's name with all of its folders in it. */
  private static List<String> drawingNames(List<PictureFile> pictures) {
    Map<String, String> pictureOf = new HashMap<>();
    List<String> names = new ArrayList<>();
    for (PictureFile picture : pictures) {
      String flat = picture.id().replaceFirst("^[/\\\\.]+", "").replaceAll("[/\\\\:]+", "_");
      String name = flat.endsWith(PNG) ? flat : flat + PNG;
      String other = pictureOf.put(name, picture.id());
      if (other != null) {
        throw new UserError(
            "%s and %s would both be drawn into %s: ask about them apart, or rename one"
                .formatted(other, picture.id(), name));
      }
      names.add(name);
    }
    return names;
  }

  private static String line(Captioned outcome) {
    ObjectNode line = JSON.createObjectNode().put("image", outcome.id());
    switch (outcome) {
      case Captioned.Parsed(var _, var answer) -> answer(line, answer);
      case Captioned.Unparseable(var _, var problem, var answer) -> {
        line.put("unparseable", problem).put("answer", answer.raw());
        answer(line, answer);
      }
      case Captioned.NoAnswer(var _, var problem) -> line.put("problem", problem);
    }
    return line.toString();
  }

  private static void answer(ObjectNode line, Captioned.Answer answer) {
    line.put("width", answer.width()).put("height", answer.height());
    ArrayNode objects = line.putArray("objects");
    for (AnsweredObject object : answer.objects()) {
      ObjectNode node = objects.addObject().put("desc", object.desc());
      switch (object.geometry()) {
        case Box(double x1, double y1, double x2, double y2) ->
            node.putArray("bbox_2d").add(x1).add(y1).add(x2).add(y2);
        case Polygon(List<Point> points) -> points(node.putArray("poly"), points);
        case Polyline(List<Point> points) -> points(node.putArray("line"), points);
      }
    }
    line.put("prompt_tokens", answer.promptTokens())
        .put("tokens", answer.newTokens())
        .put("ended_by", answer.finish().label());
  }

  /** Coordinates one after the other, as records of data have them. */
  private static void points(ArrayNode flat, List<Point> points) {
    points.forEach(point -> flat.add(point.x()).add(point.y()));
  }

  private static void draw(Overlay overlay, PictureFile picture, Captioned outcome, Path png)
      throws IOException {
    switch (outcome) {
      case Captioned.Parsed(var _, var answer) ->
          overlay.write(picture.file(), objects(answer), List.of(), png);
      case Captioned.Unparseable(var _, var problem, var answer) ->
          overlay.write(
              picture.file(),
              objects(answer),
              List.of(new Note("unparseable", problem, Note.Mark.WRONG)),
              png);
      case Captioned.NoAnswer(var _, var _) -> {}
    }
  }

  private static List<DataObject> objects(Captioned.Answer answer) {
    return answer.objects().stream()
        .map(object -> new DataObject(object.desc(), object.geometry()))
        .toList();
  }
}
