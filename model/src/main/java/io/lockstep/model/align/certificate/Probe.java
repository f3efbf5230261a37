package io.lockstep.model.align.certificate;

import io.lockstep.data.conversation.Conversation;
import io.lockstep.data.conversation.Role;

/**
 * A training record that a certificate is made of.
 *
 * @param name how errors call it
 * @param task what it asks for
 * @param conversation the whole exchange, the assistant last
 */
public record Probe(String name, Task task, Conversation conversation) {

  /** What a probe asks for, as far as serving composes the same question by itself. */
  public enum Task {
    /** The summary of one picture: Stage-A. */
    SUMMARY,
    /** The objects of one picture. */
    DENSE,
    /** Anything else. */
    OTHER
  }

  /** Refuses a conversation without an answer. */
  public Probe {
    if (conversation.messages().isEmpty()
        || conversation.messages().getLast().role() != Role.ASSISTANT) {
      throw new IllegalArgumentException(name + " does not end with the assistant");
    }
  }

  /** The conversation without its last answer. */
  public Conversation prompt() {
    return new Conversation(conversation.messages().subList(0, conversation.messages().size() - 1));
  }
}
