package io.lockstep.model.detection;

import java.util.ArrayList;
import java.util.List;

/**
 * The sizes of a {@link DetectionHead}, and what its captions mean.
 *
 * @param queries most objects that it can find in a picture
 * @param layers of its decoder
 * @param heads of its attention; they divide the width
 * @param width of its hidden states, a multiple of 4
 * @param captions what an object may be, a closed list without repetitions: the descriptions that
 *     the training data has, in order. A caption is chosen among them and never made up
 * @param system the system message that stood before the pictures it has learned from, the only
 *     words that it sees anything of; empty for none
 */
public record DetectionConfig(
    int queries, int layers, int heads, int width, List<String> captions, String system) {

  /** Most captions of a list. */
  public static final int MOST_CAPTIONS = 4096;

  /** Most queries. */
  public static final int MOST_QUERIES = 1000;

  private static final int WIDTH_STEP = 4;

  /** Checks the sizes. */
  public DetectionConfig {
    captions = List.copyOf(captions);
    List<String> problems = problems(queries, layers, heads, width, captions);
    if (!problems.isEmpty()) {
      throw new IllegalArgumentException(String.join("; ", problems));
    }
  }

  /** A head that has learned without a system message. */
  public DetectionConfig(int queries, int layers, int heads, int width, List<String> captions) {
    this(queries, layers, heads, width, captions, "");
  }

  private static List<String> problems(
      int queries, int layers, int heads, int width, List<String> captions) {
    List<String> problems = new ArrayList<>();
    if (queries < 1 || queries > MOST_QUERIES) {
      problems.add("queries (%d) must be between 1 and %d".formatted(queries, MOST_QUERIES));
    }
    if (layers < 1) {
      problems.add("layers (%d) must be at least 1".formatted(layers));
    }
    if (width < WIDTH_STEP || width % WIDTH_STEP != 0) {
      problems.add("width (%d) must be a multiple of %d".formatted(width, WIDTH_STEP));
    }
    if (heads < 1 || width % heads != 0) {
      problems.add("heads (%d) must divide the width (%d)".formatted(heads, width));
    }
    if (captions.isEmpty() || captions.size() > MOST_CAPTIONS) {
      problems.add(
          "there must be 1 to %d captions, not %d".formatted(MOST_CAPTIONS, captions.size()));
    }
    if (captions.stream().distinct().count() < captions.size()) {
      problems.add("a caption is listed twice");
    }
    return problems;
  }

  /** Numbers that it predicts of each query: a box, its objectness, and a logit per caption. */
  public int outputs() {
    return Boxes.NUMBERS + 1 + captions.size();
  }
}
