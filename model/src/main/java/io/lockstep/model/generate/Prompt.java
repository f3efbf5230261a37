package io.lockstep.model.generate;

import io.lockstep.model.batch.Sample;

/**
 * A request whose conversation has become a model's input.
 *
 * @param request what was asked
 * @param sample its tokens and patches, made with the model that is to answer
 */
public record Prompt(GenerationRequest request, Sample sample) {

  /** How the tokens of the answer are chosen. */
  DecodingOptions decoding() {
    return request.decoding();
  }
}
