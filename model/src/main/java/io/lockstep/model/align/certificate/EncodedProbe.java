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

  static EncodedProbe of(SampleEncoder encoder, Probe probe) throws IOException {
    return new EncodedProbe(
        encoder.forTraining(probe.name(), probe.conversation()),
        encoder.prompt(probe.name(), probe.prompt()));
  }

  /** Tokens of the prompt. */
  int promptTokens() {
    return prompt.tokens().length;
  }

  /** Positions that predict a token of the last answer: from the prompt's last token on. */
  int answerPositions() {
    return sample.tokens().length - promptTokens();
  }

  List<Grid> grids() {
    return sample.images().stream().map(Patches::grid).toList();
  }

  int patches() {
    return grids().stream().mapToInt(Grid::patches).sum();
  }
}
