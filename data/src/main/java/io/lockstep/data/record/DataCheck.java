package io.lockstep.data.record;

import io.lockstep.data.conversation.ImageSource;
import io.lockstep.data.jsonl.DataException;
import io.lockstep.data.jsonl.JsonlFile;
import io.lockstep.data.jsonl.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.function.Consumer;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;

/** Finds every problem of a JSONL file and of the pictures that it names. */
public final class DataCheck {

  private final Consumer<Problem> sink;
  private long problems;

  private DataCheck(Consumer<Problem> sink) {
    this.sink = sink;
  }

  /**
   * What a check came to.
   *
   * @param records lines looked at
   * @param problems problems handed to the sink
   */
  public record Result(long records, long problems) {}

  /**
   * Looks at every line, in memory for one line at a time. Of a picture only the header is read: it
   * must be a known format and have the stated size.
   *
   * @param sink gets each problem, in file order, as soon as it is found
   */
  public static Result check(Path jsonl, Consumer<Problem> sink) {
    return new DataCheck(sink).run(jsonl);
  }

  private Result run(Path jsonl) {
    try (JsonlFile file = JsonlFile.openToCheck(jsonl)) {
      if (file.size() == 0) {
        report(new Problem(jsonl, 0, "", "holds no records"));
      }
      for (long i = 0; i < file.size(); i++) {
        checkLine(file, i);
      }
      return new Result(file.size(), problems);
    } catch (DataException e) {
      e.problems().forEach(this::report);
      return new Result(0, problems);
    }
  }

  private void checkLine(JsonlFile file, long index) {
    try {
      switch (RecordReader.read(file, index)) {
        case ImageRecord image -> checkImages(image);
        case ChatRecord chat -> checkImages(chat);
      }
    } catch (DataException e) {
      e.problems().forEach(this::report);
    }
  }

  private void checkImages(ImageRecord image) {
    for (int i = 0; i < image.images().size(); i++) {
      Path path = image.images().get(i);
      String field = "images[" + i + "]";
      try {
        Size size = sizeOf(path);
        if (size.width != image.width() || size.height != image.height()) {
          report(
              image.origin(),
              field,
              "%s is %d x %d pixels, but width x height say %d x %d"
                  .formatted(path, size.width, size.height, image.width(), image.height()));
        }
      } catch (UnreadableImage e) {
        report(image.origin(), field, e.what);
      }
    }
  }

  private void checkImages(ChatRecord chat) {
    List<ImageSource> images = chat.conversation().images();
    for (int i = 0; i < images.size(); i++) {
      if (images.get(i) instanceof ImageSource.File(Path path)) {
        try {
          sizeOf(path);
        } catch (UnreadableImage e) {
          report(chat.origin(), "picture " + (i + 1) + " of the messages", e.what);
        }
      }
    }
  }

  private record Size(int width, int height) {}

  private static final class UnreadableImage extends Exception {
    private final String what;

    UnreadableImage(String what) {
      super(what);
      this.what = what;
    }
  }

  private static Size sizeOf(Path path) throws UnreadableImage {
    if (!Files.isRegularFile(path)) {
      throw new UnreadableImage(path + " does not exist");
    }
    try (ImageInputStream stream = ImageIO.createImageInputStream(path.toFile())) {
      if (stream == null) {
        throw new UnreadableImage(path + " cannot be opened");
      }
      Iterator<ImageReader> readers = ImageIO.getImageReaders(stream);
      if (!readers.hasNext()) {
        throw new UnreadableImage(path + " is not a picture in a known format");
      }
      return sizeOf(readers.next(), stream);
    } catch (IOException | RuntimeException e) {
      throw new UnreadableImage(path + " cannot be read as a picture: " + e.getMessage());
    }
  }

  private static Size sizeOf(ImageReader reader, ImageInputStream stream) throws IOException {
    try {
      reader.setInput(stream, true, true);
      return new Size(reader.getWidth(0), reader.getHeight(0));
    } finally {
      reader.dispose();
    }
  }

  private void report(Origin origin, String field, String what) {
    report(new Problem(origin.file(), origin.line(), field, what));
  }

  private void report(Problem problem) {
    problems++;
    sink.accept(problem);
  }
}
