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
 * @param served a lower limit than {@code positions}, if whoever serves the model set one
 */
public record ContextLimit(int positions, OptionalInt trained, OptionalInt served) {

  /** Most tokens of an answer where nothing is said: dense answers of crowded pictures are long. */
  public static final int DEFAULT_NEW_TOKENS = 2048;

  /** A model that may be asked for all that it takes. */
  public ContextLimit(int positions, OptionalInt trained) {
    this(positions, trained, OptionalInt.empty());
  }

  /** A model of which no training is known. */
  public static ContextLimit of(int positions) {
    return new ContextLimit(positions, OptionalInt.empty());
  }

  /**
   * The same where less is served.
   *
   * @param length most tokens of prompt and answer together
   * @throws IllegalArgumentException if the model takes less
   */
  public ContextLimit servedUpTo(int length) {
    if (length < 2 || length > positions) {
      throw new IllegalArgumentException(
          "--max-model-len is %d but the model takes %d tokens at most (max_position_embeddings in config.json): give 2 to %d, or leave it out"
              .formatted(length, positions, positions));
    }
    return new ContextLimit(positions, trained, OptionalInt.of(length));
  }

  /** Most tokens of prompt and answer together. */
  public int most() {
    return served.orElse(positions);
  }

  /**
   * Most new tokens of an answer where nothing is said: {@link #DEFAULT_NEW_TOKENS}, or as many as
   * the length leaves that the model was trained with; where no training is known, or a prompt is
   * longer than that, as many as the model takes.
   *
   * @param promptTokens tokens of the prompt, picture tokens included
   * @param least tokens of prompt and answer together that are known to be needed
   * @return 0 or less if the prompt leaves no room
   */
  public int room(int promptTokens, int least) {
    int learned = trained.orElse(most());
    int end = least <= learned ? Math.min(learned, most()) : most();
    return Math.min(DEFAULT_NEW_TOKENS, end - promptTokens);
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
    if (promptTokens + newTokens > most()) {
      String limit =
          served.isPresent()
              ? "this gateway takes %d at most (--max-model-len)".formatted(most())
              : "the model takes %d at most (max_position_embeddings in config.json)"
                  .formatted(positions);
      throw new ContextExceededException(
          newTokens == 0
              ? "%s has %d tokens but %s: shorten the text, or send fewer or smaller pictures"
                  .formatted(name, promptTokens, limit)
              : "%s has %d prompt tokens, and with up to %d new ones %d, but %s: %s"
                  .formatted(
                      name,
                      promptTokens,
                      newTokens,
                      promptTokens + newTokens,
                      limit,
                      remedy(promptTokens)));
    }
  }

  private String remedy(long promptTokens) {
    return promptTokens < most()
        ? "ask for %d new tokens at most, or shorten the prompt".formatted(most() - promptTokens)
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
