package io.lockstep.model.batch;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LengthGroupsTest {

  @Test
  void samplesOfOneLengthStayTogetherInTheirOrder() {
    List<Sample> samples = samples(50, 50, 50);

    assertEquals(List.of(samples), LengthGroups.of(samples));
  }

  @Test
  void shortAndLongSamplesAreComputedApart() {
    List<Sample> samples = samples(120, 40, 118, 42, 41);

    assertEquals(
        List.of(
            List.of(samples.get(1), samples.get(4), samples.get(3)),
            List.of(samples.get(2), samples.get(0))),
        LengthGroups.of(samples));
  }

  @Test
  void aPassMoreIsNotWorthLessPaddingThanItCosts() {
    assertEquals(1, LengthGroups.of(samples(40, 40 + LengthGroups.PASS_TOKENS)).size());
    assertEquals(2, LengthGroups.of(samples(40, 41 + LengthGroups.PASS_TOKENS)).size());
  }

  @Test
  void theDivisionIsTheCheapestOfAll() {
    List<Sample> samples = samples(10, 300, 12, 150, 140, 290, 11, 160);

    assertEquals(cheapest(samples), cost(LengthGroups.of(samples)));
  }

  @Test
  void oneSampleIsOneGroupAndNoneAreNone() {
    assertEquals(1, LengthGroups.of(samples(7)).size());
    assertEquals(List.of(), LengthGroups.of(List.of()));
  }

  private static List<Sample> samples(int... lengths) {
    return IntStream.range(0, lengths.length)
        .mapToObj(i -> Sample.prompt("sample " + i, new int[lengths[i]], List.of()))
        .toList();
  }

  private static long cost(List<List<Sample>> groups) {
    return groups.stream().mapToLong(group -> cost(group.size(), group.getLast())).sum();
  }

  private static long cost(int rows, Sample longest) {
    return (long) rows * longest.tokens().length + LengthGroups.PASS_TOKENS;
  }

  /** Tries every set of cuts of the samples in order of length. */
  private static long cheapest(List<Sample> samples) {
    List<Sample> ordered =
        samples.stream()
            .sorted((a, b) -> Integer.compare(a.tokens().length, b.tokens().length))
            .toList();
    long cheapest = Long.MAX_VALUE;
    for (int cuts = 0; cuts < 1 << (ordered.size() - 1); cuts++) {
      long cost = 0;
      int rows = 0;
      for (int i = 0; i < ordered.size(); i++) {
        rows++;
        if (i == ordered.size() - 1 || (cuts >> i & 1) == 1) {
          cost += cost(rows, ordered.get(i));
          rows = 0;
        }
      }
      cheapest = Math.min(cheapest, cost);
    }
    return cheapest;
  }
}
