package io.lockstep.gateway.serving;

import io.lockstep.data.conversation.Conversation;
import io.lockstep.data.conversation.ImageSource;
import io.lockstep.data.prompt.Prompts;
import io.lockstep.data.prompt.Task;
import java.util.List;

/** Composes Stage-A's conversation exactly as in the training of a checkpoint. */
@FunctionalInterface
public interface TaskPrompts {

  /** Asks for the summary of one picture. */
  Conversation summary(ImageSource picture);

  /** Asks with the prompts of the data contract. */
  static TaskPrompts of(Prompts prompts) {
    return picture -> prompts.ask(Task.SUMMARY, List.of(picture));
  }
}
