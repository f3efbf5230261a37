package io.lockstep.gateway.serving;

import io.lockstep.data.conversation.Conversation;
import io.lockstep.data.conversation.ImageSource;
import io.lockstep.data.prompt.Prompts;
import io.lockstep.data.prompt.Task;
import java.util.List;
import java.util.function.Function;

/** Composes Stage-A's conversation exactly as in the training of a checkpoint. */
@FunctionalInterface
public interface TaskPrompts {

  /** Asks for the summary of one picture. */
  Conversation summary(ImageSource picture);

  /**
   * Shows a picture to a detection head.
   *
   * @throws IllegalArgumentException if the model has none
   */
  default Conversation detection(ImageSource picture) {
    throw new IllegalArgumentException(
        "the model has no detection head: ask a gateway that serves a checkpoint of a run with custom.detection_enabled: true");
  }

  /** The same of a model with a detection head. */
  default TaskPrompts detecting(Function<ImageSource, Conversation> shown) {
    TaskPrompts plain = this;
    return new TaskPrompts() {
      @Override
      public Conversation summary(ImageSource picture) {
        return plain.summary(picture);
      }

      @Override
      public Conversation detection(ImageSource picture) {
        return shown.apply(picture);
      }
    };
  }

  /** Asks with the prompts of the data contract. */
  static TaskPrompts of(Prompts prompts) {
    return picture -> prompts.ask(Task.SUMMARY, List.of(picture));
  }
}
