package io.lockstep.model.generate;

import io.lockstep.model.batch.Batch;
import io.lockstep.model.layer.KvCache;
import io.lockstep.model.network.ActivationListener;
import io.lockstep.model.network.VisionLanguageModel;
import io.lockstep.tensor.Scope;
import io.lockstep.tensor.Span;
import io.lockstep.tensor.Spans;
import java.util.Arrays;

/**
 * Keeps keys and values, so that each further token is computed alone: through the network's
 * segments, in a batch that is padded.
 */
final class CachedDecoder implements Decoder {

  private final VisionLanguageModel network;
  private final Batch batch;
  private final KvCache cache;
  private final ActivationListener probe;

  CachedDecoder(VisionLanguageModel network, Batch batch, int capacity, ActivationListener probe) {
    this.network = network;
    this.batch = batch;
    this.probe = probe;
    cache =
        new KvCache(
            network.config().text(),
            network.config().computeType(),
            batch.rows(),
            batch.length() + capacity);
  }

  @Override
  public float[][] first() {
    long begun = Spans.begin();
    try (Scope scope = Scope.open()) {
      return LastLogits.of(network, network.hidden(scope, batch, cache, probe));
    } finally {
      Spans.end(begun, Span.Kind.STAGE, "prompt", 0);
    }
  }

  @Override
  public float[][] next(int[] tokens) {
    Spans.at((long) cache.length() - batch.length() + 1);
    long begun = Spans.begin();
    float[][] logits = logits(tokens);
    Spans.end(begun, Span.Kind.STAGE, "token", 0);
    return logits;
  }

  private float[][] logits(int[] tokens) {
    // A row that has ended takes part with any token.
    long[] ids = Arrays.stream(tokens).mapToLong(token -> Math.max(0, token)).toArray();
    int generated = cache.length() - batch.length();
    long[] positions = Arrays.stream(batch.nextPositions()).map(next -> next + generated).toArray();
    try (Scope scope = Scope.open()) {
      return LastLogits.of(
          network, network.next(scope, ids, positions, visible(cache.length() + 1), cache, probe));
    }
  }

  /**
   * Which cached tokens a row sees: its prompt without the padding, and all that it has generated.
   */
  private boolean[] visible(int keys) {
    boolean[] visible = new boolean[Math.multiplyExact(batch.rows(), keys)];
    for (int row = 0; row < batch.rows(); row++) {
      for (int key = 0; key < keys; key++) {
        visible[row * keys + key] =
            key >= batch.length() || batch.attentionMask()[row * batch.length() + key] == 1;
      }
    }
    return visible;
  }

  @Override
  public void close() {
    cache.close();
  }
}
