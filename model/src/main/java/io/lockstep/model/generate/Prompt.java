package io.lockstep.model.generate;

import io.lockstep.model.batch.Sample;

/** A conversation as tokens, and how its answer's tokens are chosen. */
record Prompt(Sample sample, DecodingOptions decoding) {}
