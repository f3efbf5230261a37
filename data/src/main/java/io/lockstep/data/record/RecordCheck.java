package io.lockstep.data.record;

import io.lockstep.config.text.UsableText;
import io.lockstep.data.conversation.Content;
import io.lockstep.data.conversation.ImageSource;
import io.lockstep.data.conversation.Message;
import io.lockstep.data.image.DecodeLimits;
import io.lockstep.data.image.ImageDecoder;
import io.lockstep.data.image.ImageHeader;
import io.lockstep.data.image.Orientation;
import io.lockstep.data.jsonl.DataException;
import io.lockstep.data.jsonl.JsonlFile;
import io.lockstep.data.jsonl.Problem;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.function.LongPredicate;

/** Looks at one record of a file with its pictures; for any number of threads. */
final class RecordCheck {

  /** Bytes a pixel takes while it is decoded, about. */
  private static final long BYTES_OF_A_PIXEL = 12;

  private static final int MIB = 1 << 20;

  private final JsonlFile file;
  private final LongPredicate decoded;
  private final ImageDecoder decoder = new ImageDecoder(DecodeLimits.DEFAULT);

  /** MiB that pictures may take while they are decoded, by all threads together. */
  private final int room = (int) Math.max(1, Runtime.getRuntime().maxMemory() / 2 / MIB);

  private final Semaphore free = new Semaphore(room, true);

  /**
   * A check.
   *
   * @param decoded of which records, by number, pictures are decoded
   */
  RecordCheck(JsonlFile file, LongPredicate decoded) {
    this.file = file;
    this.decoded = decoded;
  }

  DataCheck.Found check(long index) {
    One one = new One(decoded.test(index));
    try {
      switch (RecordReader.read(file, index)) {
        case ImageRecord image -> one.look(image);
        case ChatRecord chat -> one.look(chat);
      }
    } catch (DataException e) {
      e.problems().forEach(problem -> one.report(problem, ""));
    }
    return new DataCheck.Found(one.problems, one.named, one.warnings, one.decoded);
  }

  /** One record. */
  private final class One {
    private final boolean decodes;
    private final List<Problem> problems = new ArrayList<>();
    private final List<String> named = new ArrayList<>();
    private final List<Problem> warnings = new ArrayList<>();
    private int decoded;

    One(boolean decodes) {
      this.decodes = decodes;
    }

    private void look(ImageRecord image) {
      for (int i = 0; i < image.images().size(); i++) {
        String field = "images[" + i + "]";
        Path path = image.images().get(i);
        try {
          ImageHeader header = look(path);
          if (header.width() != image.width() || header.height() != image.height()) {
            report(image.origin(), field, sizesDiffer(path, header, image), path);
          }
        } catch (IOException e) {
          report(image.origin(), field, String.valueOf(e.getMessage()), path);
        }
      }
      image.summary().ifPresent(text -> warn(image.origin(), "summary", text));
    }

    private void look(ChatRecord chat) {
      List<ImageSource> images = chat.conversation().images();
      for (int i = 0; i < images.size(); i++) {
        if (images.get(i) instanceof ImageSource.File(Path path)) {
          try {
            var _ = look(path);
          } catch (IOException e) {
            String field = "picture " + (i + 1) + " of the messages";
            report(chat.origin(), field, String.valueOf(e.getMessage()), path);
          }
        }
      }
      List<Message> messages = chat.conversation().messages();
      for (int i = 0; i < messages.size(); i++) {
        for (Content content : messages.get(i).contents()) {
          if (content instanceof Content.Text(String text)) {
            warn(chat.origin(), "messages[" + i + "].content", text);
          }
        }
      }
    }

    private ImageHeader look(Path path) throws IOException {
      ImageHeader header = ImageHeader.read(path, DecodeLimits.DEFAULT);
      DecodeLimits.requireAspectRatio(path.toString(), header.width(), header.height());
      if (decodes) {
        decoded++;
        decode(path, header);
      }
      return header;
    }

    private void warn(Origin origin, String field, String text) {
      UsableText.warning(text)
          .ifPresent(what -> warnings.add(new Problem(origin.file(), origin.line(), field, what)));
    }

    private void report(Origin origin, String field, String what, Path picture) {
      report(new Problem(origin.file(), origin.line(), field, what), picture.toString());
    }

    private void report(Problem problem, String about) {
      problems.add(problem);
      named.add(about);
    }
  }

  /** Decodes a picture for what only decoding finds; waits until there is room for it. */
  private void decode(Path path, ImageHeader header) throws IOException {
    long bytes = (long) header.width() * header.height() * BYTES_OF_A_PIXEL;
    int taken = (int) Math.min(room, bytes / MIB + 1);
    free.acquireUninterruptibly(taken);
    try {
      var _ = decoder.decode(new ImageSource.File(path));
    } finally {
      free.release(taken);
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
}
