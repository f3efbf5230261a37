package io.lockstep.cli.quickstart;

import io.lockstep.cli.console.UserError;
import io.lockstep.data.conversation.SameText;
import io.lockstep.data.jsonl.JsonlFile;
import io.lockstep.data.record.ImageRecord;
import io.lockstep.data.record.RecordReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Held-out pictures in the order of their file, each with what is to be said about it.
 *
 * @param records pictures with a summary, in order
 */
record HeldOut(List<ImageRecord> records) {

  HeldOut {
    records = List.copyOf(records);
  }

  static HeldOut read(Path jsonl) {
    List<ImageRecord> records = new ArrayList<>();
    try (JsonlFile file = JsonlFile.open(jsonl)) {
      for (long i = 0; i < file.size(); i++) {
        if (RecordReader.read(file, i) instanceof ImageRecord image) {
          records.add(image);
        }
      }
    }
    if (records.isEmpty()) {
      throw new UserError(jsonl + " holds no pictures");
    }
    return new HeldOut(records);
  }

  List<Path> pictures() {
    return records.stream().map(image -> image.images().getFirst()).toList();
  }

  List<String> summaries() {
    return records.stream().map(HeldOut::summary).toList();
  }

  private static String summary(ImageRecord image) {
    return image
        .summary()
        .orElseThrow(() -> new UserError(image.origin() + ": a held-out picture has no summary"));
  }

  /**
   * Puts answers in the order of the pictures.
   *
   * @param byPath answers by path relative to {@code root}, with '/' as separator
   */
  List<String> answers(Path root, Map<String, String> byPath) {
    return pictures().stream().map(picture -> answer(root, picture, byPath)).toList();
  }

  private static String answer(Path root, Path picture, Map<String, String> byPath) {
    Path relative = root.toAbsolutePath().relativize(picture.toAbsolutePath().normalize());
    String answer = byPath.get(relative.toString());
    if (answer == null) {
      throw new UserError("there is no answer for held-out picture " + picture);
    }
    return answer;
  }

  /** Share of answers that are equal to the summaries, character by character. */
  double exactMatch(List<String> answers) {
    List<String> truths = summaries();
    long right = 0;
    for (int i = 0; i < truths.size(); i++) {
      if (SameText.same(truths.get(i), answers.get(i))) {
        right++;
      }
    }
    return (double) right / truths.size();
  }
}
