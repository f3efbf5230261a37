package io.lockstep.model.align.reference;

import io.lockstep.data.conversation.Conversation;
import io.lockstep.data.conversation.Role;
import org.jspecify.annotations.Nullable;

/**
 * A conversation of a reference and what is said of it.
 *
 * @param answered the conversation, the assistant last
 * @param promptText the rendered prompt, if the reference holds it
 * @param promptTokens tokens of the prompt, if the reference holds it
 * @param answerTokens supervised tokens, if the reference holds it
 */
record ReferenceCase(
    Conversation answered,
    @Nullable String promptText,
    @Nullable Integer promptTokens,
    @Nullable Integer answerTokens) {

  ReferenceCase {
    if (answered.messages().getLast().role() != Role.ASSISTANT) {
      throw new IllegalArgumentException("a conversation must end with the assistant");
    }
  }

  /** The conversation without its last answer. */
  Conversation prompt() {
    return new Conversation(answered.messages().subList(0, answered.messages().size() - 1));
  }
}
