package io.lockstep.model.align.certificate;

import io.lockstep.model.batch.Sample;
import io.lockstep.model.encode.SampleEncoder;
import io.lockstep.model.image.Grid;
import io.lockstep.model.image.Patches;
import java.io.IOException;
import java.util.List;

/**
 * A probe through a model's tokenizer, template and image processor.
 *
 * @param sample the whole exchange with its labels, as training sees it
 * @param prompt the exchange without its last answer, as serving sees it
 */
record EncodedProbe(Sample sample, Sample prompt) {

  /**
   * Most positions of an answer that are compared: each costs a pass through the cache where the
   * certificate is recomputed.
   */
  private static final int MAX_ANSWER_POSITIONS = 16;

  static EncodedProbe of(SampleEncoder encoder, Probe probe) throws IOException {
    return new EncodedProbe(
        encoder.forTraining(probe.name(), probe.conversation()),
        encoder.prompt(probe.name(), probe.prompt()));
  }

  /** Tokens of the prompt. */
  int promptTokens() {
    return prompt.tokens().length;
  }

  /** Compared positions that predict a token of the last answer: from the prompt's last one on. */
  int answerPositions() {
    return Math.min(MAX_ANSWER_POSITIONS, sample.tokens().length - promptTokens());
  }

  /** Whether a position predicts a token of the last answer that is compared. */
  boolean answersAt(int position) {
    int first = promptTokens() - 1;
    return position >= first && position < first + answerPositions();
  }

  List<Grid> grids() {
    return sample.images().stream().map(Patches::grid).toList();
  }

  int patches() {
    return grids().stream().mapToInt(Grid::patches).sum();
  }
}
