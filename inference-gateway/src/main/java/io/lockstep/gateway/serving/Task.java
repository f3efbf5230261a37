package io.lockstep.gateway.serving;

import io.lockstep.data.conversation.Conversation;
import io.lockstep.data.conversation.ImageSource;
import io.lockstep.data.stageb.RolloutPrompt;
import java.util.List;

/** What a client asks of the model. */
public sealed interface Task {

  /** Name for messages to people. */
  String name();

  /** The conversation to put to a model that was trained with {@code prompts}. */
  Conversation conversation(TaskPrompts prompts);

  /**
   * Stage-A: the summary of a picture.
   *
   * @param untrained whether it is asked for although the model never learned to sum up
   */
  record Summarize(ImageSource picture, boolean untrained) implements Task {

    /** A model that never learned it refuses. */
    public Summarize(ImageSource picture) {
      this(picture, false);
    }

    @Override
    public String name() {
      return "picture " + picture.name();
    }

    @Override
    public Conversation conversation(TaskPrompts prompts) {
      return prompts.ask(io.lockstep.data.prompt.Task.SUMMARY, picture, untrained);
    }
  }

  /**
   * Dense captioning: the objects of a picture, as an answer.
   *
   * @param width of the picture in pixels
   * @param height of the picture in pixels
   * @param untrained whether it is asked for although the model never learned it
   */
  record Caption(ImageSource picture, int width, int height, boolean untrained) implements Task {
    @Override
    public String name() {
      return "picture " + picture.name();
    }

    @Override
    public Conversation conversation(TaskPrompts prompts) {
      return prompts.ask(io.lockstep.data.prompt.Task.DENSE, picture, untrained);
    }
  }

  /**
   * Objects in a picture.
   *
   * @param width of the picture in pixels
   * @param height of the picture in pixels
   */
  record Detect(ImageSource picture, int width, int height) implements Task {
    @Override
    public String name() {
      return "picture " + picture.name();
    }

    @Override
    public Conversation conversation(TaskPrompts prompts) {
      return prompts.detection(picture);
    }
  }

  /** Stage-B: the verdict on a group. */
  record Judge(String groupId, String mission, List<String> summaries) implements Task {
    public Judge {
      summaries = List.copyOf(summaries);
    }

    @Override
    public String name() {
      return "group " + groupId;
    }

    @Override
    public Conversation conversation(TaskPrompts prompts) {
      return RolloutPrompt.of(mission, summaries);
    }
  }

  /** A free conversation. */
  record Chat(Conversation turns) implements Task {
    @Override
    public String name() {
      List<ImageSource> pictures = turns.images();
      return pictures.isEmpty()
          ? "chat without pictures"
          : "chat about " + String.join(", ", pictures.stream().map(ImageSource::name).toList());
    }

    @Override
    public Conversation conversation(TaskPrompts prompts) {
      return turns;
    }
  }
}
