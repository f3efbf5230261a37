package io.lockstep.gateway.serving;

import io.lockstep.data.conversation.Conversation;
import io.lockstep.data.conversation.ImageSource;
import io.lockstep.data.dataset.EmitNorm;
import io.lockstep.data.fusion.TrainedTasks;
import io.lockstep.data.prompt.Task;
import io.lockstep.model.align.certificate.ServedWords;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Composes the questions about a picture exactly as in the training of a checkpoint. */
public interface TaskPrompts {

  /**
   * Asks about a picture.
   *
   * @param untrained whether it is asked, with a warning, although the model never learned the task
   * @throws IllegalArgumentException with what it learned, if it didn't and that is not allowed
   */
  Conversation ask(Task task, ImageSource picture, boolean untrained);

  /** The unit of coordinates in dense answers. */
  EmitNorm emitNorm();

  /** Asks for the summary of one picture. */
  default Conversation summary(ImageSource picture) {
    return ask(Task.SUMMARY, picture, false);
  }

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
      public Conversation ask(Task task, ImageSource picture, boolean untrained) {
        return plain.ask(task, picture, untrained);
      }

      @Override
      public EmitNorm emitNorm() {
        return plain.emitNorm();
      }

      @Override
      public Conversation detection(ImageSource picture) {
        return shown.apply(picture);
      }
    };
  }

  /** Asks in the words in which a checkpoint learned each task. */
  static TaskPrompts of(TrainedTasks trained) {
    return new OfCheckpoint(trained);
  }

  /** Every wording that a checkpoint learned, as its certificate is checked with them. */
  static ServedWords served(TrainedTasks trained) {
    return (task, picture) ->
        switch (task) {
          case SUMMARY -> wordings(trained, Task.SUMMARY, picture);
          case DENSE -> wordings(trained, Task.DENSE, picture);
          case OTHER -> List.of();
        };
  }

  private static List<Conversation> wordings(TrainedTasks trained, Task task, ImageSource picture) {
    return trained.wordings(task).stream()
        .map(prompts -> prompts.ask(task, List.of(picture)))
        .toList();
  }

  /** What a checkpoint's run tells. */
  record OfCheckpoint(TrainedTasks trained) implements TaskPrompts {

    private static final Logger log = LoggerFactory.getLogger(TaskPrompts.class);

    @Override
    public Conversation ask(Task task, ImageSource picture, boolean untrained) {
      Optional<String> refusal = trained.refusal(task);
      if (refusal.isPresent()) {
        if (!untrained) {
          throw new IllegalArgumentException(refusal.get());
        }
        log.warn(
            "picture {} is asked for a {} answer, for which the checkpoint was never trained",
            picture.name(),
            TrainedTasks.name(task));
      }
      return trained.prompts(task).ask(task, List.of(picture));
    }

    @Override
    public EmitNorm emitNorm() {
      return trained.emitNorm();
    }
  }
}
