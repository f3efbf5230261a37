package io.lockstep.model.align.certificate;

import io.lockstep.model.network.ModelConfig;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Which rows of a probe's activations a certificate holds, ascending.
 *
 * @param positions tokens, from 0 at the row's first real token; each predicts a token of the last
 *     answer
 * @param patches picture patches, from 0 at the probe's first
 * @param merged merged picture tokens, from 0 at the probe's first
 */
record Selection(List<Integer> positions, List<Integer> patches, List<Integer> merged) {

  /** Most values of text layers and logits in one certificate (16 MiB). */
  private static final long MAX_VALUES = 4L << 20;

  private static final int LEAST_POSITIONS = 2;
  private static final int VISION_ROWS = 8;

  Selection {
    positions = List.copyOf(positions);
    patches = List.copyOf(patches);
    merged = List.copyOf(merged);
  }

  /** Rows spread evenly over a probe, as many as the budget of all probes allows. */
  static Selection of(EncodedProbe probe, ModelConfig config, int probes) {
    long valuesOfPosition =
        config.text().vocabSize() + (long) config.text().layers() * config.text().hiddenSize();
    long affordable = Math.max(LEAST_POSITIONS, MAX_VALUES / probes / valuesOfPosition);
    int answer = probe.answerPositions();
    int mergeSize = config.vision().spatialMergeSize();
    return new Selection(
        spread(answer, (int) Math.min(answer, affordable)).stream()
            .map(index -> probe.promptTokens() - 1 + index)
            .toList(),
        spread(probe.patches(), VISION_ROWS),
        spread(probe.patches() / (mergeSize * mergeSize), VISION_ROWS));
  }

  /** At most {@code wanted} of the numbers below {@code count}, with the first and the last. */
  private static List<Integer> spread(int count, int wanted) {
    if (count <= wanted) {
      return IntStream.range(0, count).boxed().toList();
    }
    return IntStream.range(0, wanted)
        .mapToObj(i -> (int) ((long) i * (count - 1) / (wanted - 1)))
        .toList();
  }
}
