package io.lockstep.model.generate;

import io.lockstep.model.batch.Collator;
import io.lockstep.model.batch.Sample;
import io.lockstep.model.network.ActivationListener;
import io.lockstep.model.network.VisionLanguageModel;
import io.lockstep.tensor.Scope;
import io.lockstep.tensor.Span;
import io.lockstep.tensor.Spans;
import java.util.ArrayList;
import java.util.List;

/** Runs the whole sequence again for each token, pictures included, as training does. */
final class StrictDecoder implements Decoder {

  private final VisionLanguageModel network;
  private final Collator collator;
  private final List<Sample> rows;
  private final ActivationListener probe;
  private int left;

  StrictDecoder(
      VisionLanguageModel network,
      Collator collator,
      List<Sample> prompts,
      int capacity,
      ActivationListener probe) {
    this.network = network;
    this.collator = collator;
    this.rows = new ArrayList<>(prompts);
    this.probe = probe;
    this.left = capacity;
  }

  @Override
  public float[][] first() {
    long begun = Spans.begin();
    try (Scope scope = Scope.open()) {
      return LastLogits.of(network, network.hidden(scope, collator.collate(rows), null, probe));
    } finally {
      Spans.end(begun, Span.Kind.STAGE, "whole sequence", 0);
    }
  }

  @Override
  public float[][] next(int[] tokens) {
    if (left-- == 0) {
      throw new IllegalStateException("the rows have reached their capacity");
    }
    for (int row = 0; row < tokens.length; row++) {
      // A row that has ended takes part with any token.
      rows.set(row, rows.get(row).extended(Math.max(0, tokens[row])));
    }
    return first();
  }

  @Override
  public void close() {
    rows.clear();
  }
}
