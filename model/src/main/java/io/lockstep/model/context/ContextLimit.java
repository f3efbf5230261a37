package io.lockstep.model.context;

import java.util.Optional;
import java.util.OptionalInt;

/**
 * How many tokens of prompt and answer together a model takes, picture tokens included.
 *
 * <p>There are two limits. Beyond {@code positions} the model's makers promise nothing, and it is
 * refused. A run that trained on shorter samples doesn't take away what its base model can do with
 * longer ones, but nobody has measured that: beyond {@code trained} it is said.
 *
 * @param positions {@code max_position_embeddings} of config.json
 * @param trained {@code global_max_length} of the run that wrote the checkpoint; empty if no run of
 *     ours did
 */
public record ContextLimit(int positions, OptionalInt trained) {

  /** A model of which no training is known. */
  public static ContextLimit of(int positions) {
    return new ContextLimit(positions, OptionalInt.empty());
  }

  /**
   * Refuses a prompt whose answer would end beyond the model's context.
   *
   * @param name how the error calls it
   * @param promptTokens tokens of the prompt, picture tokens included
   * @param newTokens most tokens of the answer
   * @throws ContextExceededException with both numbers
   */
  public void require(String name, long promptTokens, long newTokens) {
    if (promptTokens + newTokens > positions) {
      throw new ContextExceededException(
          newTokens == 0
              ? "%s has %d tokens but the model takes %d at most (max_position_embeddings in config.json): shorten the text, or send fewer or smaller pictures"
                  .formatted(name, promptTokens, positions)
              : "%s has %d prompt tokens, and with up to %d new ones %d, but the model takes %d at most (max_position_embeddings in config.json): %s"
                  .formatted(
                      name,
                      promptTokens,
                      newTokens,
                      promptTokens + newTokens,
                      positions,
                      remedy(promptTokens)));
    }
  }

  private String remedy(long promptTokens) {
    return promptTokens < positions
        ? "ask for %d new tokens at most, or shorten the prompt".formatted(positions - promptTokens)
        : "shorten the text, or send fewer or smaller pictures";
  }

  /**
   * Refuses a run whose samples may be longer than the model's context.
   *
   * @param model how the error calls the model
   * @throws ContextExceededException with both numbers
   */
  public void requireTraining(String model, int globalMaxLength) {
    if (globalMaxLength > positions) {
      throw new ContextExceededException(
          "global_max_length is %d but %s takes sequences of %d tokens at most (max_position_embeddings in its config.json): lower it to %d; longer samples are replaced and reported"
              .formatted(globalMaxLength, model, positions, positions));
    }
  }

  /** What is to be said of a sequence that is longer than any that the checkpoint learned from. */
  public Optional<String> beyondTraining(String name, long tokens) {
    return trained.isPresent() && tokens > trained.getAsInt()
        ? Optional.of(
            "%s has %d tokens, prompt and answer together, but the checkpoint was trained on samples of at most %d (global_max_length): answers beyond that are untried"
                .formatted(name, tokens, trained.getAsInt()))
        : Optional.empty();
  }
}
