package io.lockstep.model.generate;

/** What came of one conversation. */
public sealed interface GenerationResult permits Generation, EmptyGeneration {

  /** Tokens of the prompt, picture tokens included. */
  int promptTokens();

  /** Tokens of the answer. */
  int newTokens();
}
