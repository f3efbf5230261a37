package io.lockstep.model.generate;

import java.util.List;
import java.util.stream.Collectors;

/** At least one conversation got an answer without text. */
public final class EmptyGenerationException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final transient List<EmptyGeneration> empty;

  EmptyGenerationException(List<EmptyGeneration> empty) {
    super(
        empty.stream().map(EmptyGeneration::message).collect(Collectors.joining("\n"))
            + "; check the prompt and the checkpoint, or ask for at least one new token");
    this.empty = List.copyOf(empty);
  }

  /** The conversations without an answer. */
  public List<EmptyGeneration> empty() {
    return empty;
  }
}
