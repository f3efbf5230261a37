package io.lockstep.model.generate;

/**
 * How to generate where all conversations are answered in the same way.
 *
 * @param decoding how tokens are chosen
 * @param profile how logits are computed
 * @param fitted whether fewer new tokens are generated where a prompt leaves less room, as nobody
 *     has asked for that many
 */
public record GenerationOptions(DecodingOptions decoding, Profile profile, boolean fitted) {

  /** Options with a limit that was asked for. */
  public GenerationOptions(DecodingOptions decoding, Profile profile) {
    this(decoding, profile, false);
  }

  /** Greedy generation of at most that many tokens. */
  public static GenerationOptions greedy(int maxNewTokens, Profile profile) {
    return new GenerationOptions(DecodingOptions.greedy(maxNewTokens), profile);
  }

  /** Greedy cached generation of at most that many tokens. */
  public static GenerationOptions cached(int maxNewTokens) {
    return greedy(maxNewTokens, Profile.CACHED);
  }
}
