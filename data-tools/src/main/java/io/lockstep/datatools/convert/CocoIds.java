package io.lockstep.datatools.convert;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;

/**
 * Whether the entries of a COCO file can be told apart. Files that were joined often have ids that
 * come twice, and whose boxes belong to which picture can't be known then.
 */
final class CocoIds {

  /** How many examples are named. */
  private static final int SHOWN = 5;

  private static final String FIX =
      "; give each entry an id of its own when files are joined, and change the ids that refer to it";

  private CocoIds() {}

  /** Everything that is ambiguous, one line each. */
  static List<String> problems(CocoFile coco) {
    List<String> problems = new ArrayList<>();
    pictures(coco.pictures(), problems);
    fileNames(coco.pictures(), problems);
    annotations(coco.annotationIds(), problems);
    return problems;
  }

  private static void pictures(List<CocoFile.Picture> pictures, List<String> problems) {
    Map<Long, String> names = new HashMap<>();
    List<String> repeated = new ArrayList<>();
    for (CocoFile.Picture picture : pictures) {
      String other = names.putIfAbsent(picture.id(), picture.fileName());
      if (other != null) {
        repeated.add("id %d of %s and %s".formatted(picture.id(), other, picture.fileName()));
      }
    }
    add("image ids come twice", repeated, FIX, problems);
  }

  private static void fileNames(List<CocoFile.Picture> pictures, List<String> problems) {
    Map<String, Long> ids = new HashMap<>();
    List<String> repeated = new ArrayList<>();
    for (CocoFile.Picture picture : pictures) {
      Long other = ids.putIfAbsent(normal(picture.fileName()), picture.id());
      if (other != null && other != picture.id()) {
        repeated.add("%s of ids %d and %d".formatted(picture.fileName(), other, picture.id()));
      }
    }
    add(
        "file names come twice, each with a part of the picture's annotations",
        repeated,
        "; keep one entry for each file and give its id to all of its annotations",
        problems);
  }

  private static String normal(String name) {
    try {
      return Path.of(name).normalize().toString();
    } catch (InvalidPathException e) {
      return name;
    }
  }

  private static void annotations(LongStream ids, List<String> problems) {
    long[] sorted = ids.toArray();
    Arrays.sort(sorted);
    List<String> repeated = new ArrayList<>();
    for (int i = 1; i < sorted.length; i++) {
      boolean isSecond = sorted[i] == sorted[i - 1] && (i == 1 || sorted[i - 2] != sorted[i]);
      if (isSecond) {
        repeated.add("id " + sorted[i]);
      }
    }
    add("annotation ids come twice", repeated, FIX, problems);
  }

  private static void add(String what, List<String> found, String fix, List<String> problems) {
    if (!found.isEmpty()) {
      String more = found.size() > SHOWN ? ", ..." : "";
      problems.add(
          "%d %s: %s%s%s"
              .formatted(
                  found.size(),
                  what,
                  String.join(", ", found.subList(0, Math.min(SHOWN, found.size()))),
                  more,
                  fix));
    }
  }
}
