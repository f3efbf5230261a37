package io.lockstep.datatools.demo;

import java.util.ArrayList;
import java.util.List;

/**
 * What to generate.
 *
 * @param count training pictures
 * @param seed the same seed gives the same bytes
 * @param style what the pictures show
 * @param texts text-only training records, beside the pictures
 * @param heldout held-out groups in style {@code inspection}, held-out pictures in the others
 * @param threads pictures painted at the same time; changes nothing but the time it takes
 */
public record DemoOptions(
    int count, long seed, DemoStyle style, int texts, int heldout, int threads) {

  private static final int MOST_PICTURES = 10_000_000;
  private static final int MOST_THREADS = 1024;

  public DemoOptions {
    List<String> problems = new ArrayList<>();
    check(problems, "count", count, 1, MOST_PICTURES);
    check(problems, "texts", texts, 0, MOST_PICTURES);
    check(problems, "heldout", heldout, 0, MOST_PICTURES);
    check(problems, "threads", threads, 1, MOST_THREADS);
    if (!problems.isEmpty()) {
      throw new IllegalArgumentException(String.join("; ", problems));
    }
  }

  private static void check(List<String> problems, String name, int value, int least, int most) {
    if (value < least || value > most) {
      problems.add(name + " is " + value + ", must be " + least + ".." + most);
    }
  }

  /**
   * The usual mix: for {@code inspection} half as many texts as pictures and 60 held-out groups,
   * for {@code plain} and {@code counted} 15 % and 200 held-out pictures; as many threads as there
   * are processors.
   */
  public static DemoOptions of(int count, long seed, DemoStyle style) {
    int threads = Runtime.getRuntime().availableProcessors();
    return switch (style) {
      case INSPECTION -> new DemoOptions(count, seed, style, count / 2, 60, threads);
      case PLAIN, COUNTED ->
          new DemoOptions(count, seed, style, (int) (count * 15L / 100), 200, threads);
    };
  }

  public DemoOptions withTexts(int records) {
    return new DemoOptions(count, seed, style, records, heldout, threads);
  }

  public DemoOptions withHeldout(int held) {
    return new DemoOptions(count, seed, style, texts, held, threads);
  }

  public DemoOptions withThreads(int parallel) {
    return new DemoOptions(count, seed, style, texts, heldout, parallel);
  }
}
