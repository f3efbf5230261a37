package io.lockstep.gateway.serving;

import io.lockstep.data.conversation.Conversation;
import io.lockstep.data.conversation.ImageSource;

/** Composes Stage-A's conversation exactly as in the training of a checkpoint. */
@FunctionalInterface
public interface TaskPrompts {

  /** Asks for the summary of one picture. */
  Conversation summary(ImageSource picture);
}
