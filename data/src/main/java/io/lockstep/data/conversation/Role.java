package io.lockstep.data.conversation;

/** Who speaks in a conversation. */
public enum Role {
  SYSTEM,
  USER,
  ASSISTANT;

  /**
   * The role's name in chat templates and JSONL records: {@code system}, {@code user} or {@code
   * assistant}.
   */
  public String label() {
    return switch (this) {
      case SYSTEM -> "system";
      case USER -> "user";
      case ASSISTANT -> "assistant";
    };
  }
}
