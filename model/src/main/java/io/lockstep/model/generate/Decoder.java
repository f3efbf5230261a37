package io.lockstep.model.generate;

import io.lockstep.model.batch.Collator;
import io.lockstep.model.batch.Sample;
import io.lockstep.model.network.ActivationListener;
import io.lockstep.model.network.PackedTransformer;
import io.lockstep.model.network.VisionLanguageModel;
import java.util.List;
import java.util.Optional;

/**
 * Computes logits for a left-padded batch of rows that grow token by token. It chooses nothing:
 * whoever drives it says which token continues each row, so that rows may be generated or forced.
 *
 * <p>To be called inside of {@link io.lockstep.tensor.Autograd#inference}, {@link #first} once, and
 * then {@link #next} as often as there is capacity.
 */
public sealed interface Decoder extends AutoCloseable
    permits CachedDecoder, PackedDecoder, StrictDecoder {

  /** In place of the token of a row that has ended. */
  int ENDED = -1;

  /** Logits [B][V] of the token after each prompt. */
  float[][] first();

  /**
   * Continues each row by a token.
   *
   * @param tokens one for each row, [B]; {@link #ENDED} for one that has ended and stays so
   * @return logits [B][V] of the token after it; without meaning for rows that have ended, of which
   *     nothing is computed where rows are computed alone
   * @throws IllegalStateException if the rows have reached the capacity
   */
  float[][] next(int[] tokens);

  @Override
  void close();

  /**
   * A decoder over prompts.
   *
   * @param profile how logits are computed
   * @param capacity most tokens that a row will be continued by
   * @param probe sees the activations of each pass by name, as {@link VisionLanguageModel#hidden}
   *     gives them
   */
  static Decoder open(
      Profile profile,
      VisionLanguageModel network,
      Collator collator,
      List<Sample> prompts,
      int capacity,
      ActivationListener probe) {
    return switch (profile) {
      case CACHED -> {
        Optional<PackedTransformer> packed = network.packed();
        yield packed.isPresent()
            ? new PackedDecoder(network, packed.get(), collator, prompts, capacity, probe)
            : new CachedDecoder(network, collator.collate(prompts), capacity, probe);
      }
      case STRICT -> new StrictDecoder(network, collator, prompts, capacity, probe);
    };
  }
}
