package io.lockstep.model.network;

import io.lockstep.model.parameter.Weights;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The packed copy of weights that stay, made when it is first asked for and then kept. */
public final class KeptWeights implements Supplier<Optional<PackedWeights>>, AutoCloseable {

  private final ModelConfig config;
  private final Supplier<Weights> weights;
  private boolean isMade;
  private @Nullable PackedWeights packed;

  /**
   * Of a model.
   *
   * @param weights gives them; they are valid as long as this is open
   */
  public KeptWeights(ModelConfig config, Supplier<Weights> weights) {
    this.config = config;
    this.weights = weights;
  }

  /** The copy; nothing if these weights can't be packed. */
  @Override
  public synchronized Optional<PackedWeights> get() {
    if (!isMade) {
      packed = PackedWeights.of(config, weights.get()).orElse(null);
      isMade = true;
    }
    return Optional.ofNullable(packed);
  }

  @Override
  public synchronized void close() {
    if (packed != null) {
      packed.close();
      packed = null;
    }
    isMade = true;
  }
}
