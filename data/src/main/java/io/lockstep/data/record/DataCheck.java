package io.lockstep.data.record;

import io.lockstep.data.conversation.ImageSource;
import io.lockstep.data.image.DecodeLimits;
import io.lockstep.data.image.ImageHeader;
import io.lockstep.data.image.Orientation;
import io.lockstep.data.jsonl.DataException;
import io.lockstep.data.jsonl.JsonlFile;
import io.lockstep.data.jsonl.Problem;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;

/** Finds every problem of a JSONL file and of the pictures that it names. */
public final class DataCheck {

  private final Sink sink;
  private final ProblemKinds kinds = new ProblemKinds();
  private long problems;

  /** Takes problems as they are found. */
  @FunctionalInterface
  public interface Sink {

    /**
     * A problem.
     *
     * @param ofItsKind how many of its kind there have been, with it
     */
    void accept(Problem problem, long ofItsKind);
  }

  private DataCheck(Sink sink) {
    this.sink = sink;
  }

  /**
   * What a check came to.
   *
   * @param records lines looked at
   * @param problems problems handed to the sink
   * @param kinds the same by kind, the most frequent first
   */
  public record Result(long records, long problems, List<ProblemKinds.Kind> kinds) {}

  /**
   * Looks at every line, in memory for one line at a time. Pictures are walked through to their end
   * without decoding pixels: each must be whole, of a known format, within the limits, and have the
   * stated size once its orientation is applied.
   *
   * @param sink gets each problem, in file order, as soon as it is found
   */
  public static Result check(Path jsonl, Consumer<Problem> sink) {
    return checkCounted(jsonl, (problem, ofItsKind) -> sink.accept(problem));
  }

  /** The same for a sink that is told how often the like of a problem was found. */
  public static Result checkCounted(Path jsonl, Sink sink) {
    return new DataCheck(sink).run(jsonl);
  }

  private Result run(Path jsonl) {
    try (JsonlFile file = JsonlFile.openToCheck(jsonl)) {
      if (file.size() == 0) {
        report(new Problem(jsonl, 0, "", "holds no records"), "");
      }
      for (long i = 0; i < file.size(); i++) {
        checkLine(file, i);
      }
      return new Result(file.size(), problems, kinds.list());
    } catch (DataException e) {
      e.problems().forEach(problem -> report(problem, ""));
      return new Result(0, problems, kinds.list());
    }
  }

  private void checkLine(JsonlFile file, long index) {
    try {
      switch (RecordReader.read(file, index)) {
        case ImageRecord image -> checkImages(image);
        case ChatRecord chat -> checkImages(chat);
      }
    } catch (DataException e) {
      e.problems().forEach(problem -> report(problem, ""));
    }
  }

  private void checkImages(ImageRecord image) {
    for (int i = 0; i < image.images().size(); i++) {
      String field = "images[" + i + "]";
      try {
        ImageHeader header = header(image.images().get(i));
        if (header.width() != image.width() || header.height() != image.height()) {
          report(
              image.origin(),
              field,
              sizesDiffer(image.images().get(i), header, image),
              image.images().get(i));
        }
      } catch (IOException e) {
        report(image.origin(), field, String.valueOf(e.getMessage()), image.images().get(i));
      }
    }
  }

  private static String sizesDiffer(Path path, ImageHeader header, ImageRecord image) {
    String stored =
        header.orientation() == Orientation.UPRIGHT
            ? ""
            : " (%d x %d as stored, then %s by its orientation)"
                .formatted(header.storedWidth(), header.storedHeight(), header.orientation());
    return "%s is %d x %d pixels%s, but width x height say %d x %d"
        .formatted(path, header.width(), header.height(), stored, image.width(), image.height());
  }

  private void checkImages(ChatRecord chat) {
    List<ImageSource> images = chat.conversation().images();
    for (int i = 0; i < images.size(); i++) {
      if (images.get(i) instanceof ImageSource.File(Path path)) {
        try {
          var _ = header(path);
        } catch (IOException e) {
          String field = "picture " + (i + 1) + " of the messages";
          report(chat.origin(), field, String.valueOf(e.getMessage()), path);
        }
      }
    }
  }

  private static ImageHeader header(Path path) throws IOException {
    ImageHeader header = ImageHeader.read(path, DecodeLimits.DEFAULT);
    DecodeLimits.requireAspectRatio(path.toString(), header.width(), header.height());
    return header;
  }

  private void report(Origin origin, String field, String what, Path picture) {
    report(new Problem(origin.file(), origin.line(), field, what), picture.toString());
  }

  private void report(Problem problem, String named) {
    problems++;
    sink.accept(problem, kinds.add(problem, named));
  }
}
