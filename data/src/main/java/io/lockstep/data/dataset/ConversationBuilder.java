package io.lockstep.data.dataset;

import io.lockstep.data.conversation.Conversation;
import io.lockstep.data.conversation.ImageSource;
import io.lockstep.data.conversation.Message;
import io.lockstep.data.conversation.Role;
import io.lockstep.data.jsonl.DataException;
import io.lockstep.data.jsonl.Problem;
import io.lockstep.data.prompt.Prompts;
import io.lockstep.data.prompt.Task;
import io.lockstep.data.record.ChatRecord;
import io.lockstep.data.record.DataObject;
import io.lockstep.data.record.DataRecord;
import io.lockstep.data.record.ImageRecord;
import java.util.ArrayList;
import java.util.List;

/**
 * Turns records into conversations; a pure function of its configuration and arguments.
 *
 * @param prompts the words of the questions
 * @param mode which task a picture is used for
 * @param emitNorm the unit of coordinates in dense answers
 * @param seed the dataset's seed, from which mixed modes draw
 * @param maxObjects most objects that a dense answer lists; 0 for all
 * @param conversationsOnly whether records without a conversation of their own are refused
 */
public record ConversationBuilder(
    Prompts prompts,
    Mode mode,
    EmitNorm emitNorm,
    long seed,
    int maxObjects,
    boolean conversationsOnly) {

  /** Refuses a mixed mode whose two tasks are asked for with the same words. */
  public ConversationBuilder {
    if (mode instanceof Mode.Mixed && prompts.tasksLookAlike()) {
      throw new IllegalArgumentException(
          "prompts.system and prompts.user replace the prompts of both tasks of a mixed dataset,"
              + " which then look alike; leave one of them out or use one task only");
    }
  }

  /** Coordinates in thousandths. */
  public ConversationBuilder(Prompts prompts, Mode mode, long seed) {
    this(prompts, mode, EmitNorm.NORM1000, seed);
  }

  /** All objects of a picture are listed. */
  public ConversationBuilder(Prompts prompts, Mode mode, EmitNorm emitNorm, long seed) {
    this(prompts, mode, emitNorm, seed, 0, false);
  }

  /**
   * Question and answer; a dense answer tells of which kind each of its characters is. Records that
   * are conversations pass through.
   *
   * @throws DataException if the task is summary and the record has none
   */
  public Conversation build(DataRecord source, long epoch, long sample) {
    return build(source, List.of(), epoch, sample);
  }

  /**
   * The same, after demonstrations of the same task: each is a turn of the user, who shows its
   * pictures and asks what the sample is asked, and one of the assistant with its answer. Records
   * that are conversations take none.
   *
   * @throws DataException if the task is summary and a record has none
   */
  public Conversation build(
      DataRecord source, List<ImageRecord> demonstrations, long epoch, long sample) {
    return switch (source) {
      case ChatRecord chat -> chat.conversation();
      case ImageRecord image -> {
        requireNoConversation(image);
        Task task = mode.taskOf(seed, epoch, sample);
        List<Message> messages = new ArrayList<>(ask(image, task).messages());
        Message question = messages.removeLast();
        for (ImageRecord each : demonstrations) {
          messages.add(ask(each, task).messages().getLast().asDemonstration());
          messages.add(turn(limited(each, epoch, sample), task).asDemonstration());
        }
        messages.add(question);
        messages.add(turn(limited(image, epoch, sample), task));
        yield new Conversation(messages);
      }
    };
  }

  /**
   * Whether a record has what every task needs that it may be used for.
   *
   * @throws DataException with what it lacks
   */
  void requireUsable(ImageRecord image) {
    requireNoConversation(image);
    requireAnswers(image);
  }

  /** The same of a record of any dataset. */
  void requireAnswers(ImageRecord image) {
    for (Task task : Task.values()) {
      if (mode.mayBe(task)) {
        var _ = answer(image, task);
      }
    }
  }

  private void requireNoConversation(ImageRecord image) {
    if (conversationsOnly) {
      throw new DataException(
          new Problem(
              image.origin().file(),
              image.origin().line(),
              "messages",
              "are missing, but template chatml takes conversations as they stand; add them or use"
                  + " another template"));
    }
  }

  /** The answer as a turn; a dense one tells the kinds of its characters. */
  private Message turn(ImageRecord image, Task task) {
    return switch (task) {
      case DENSE -> Message.text(Role.ASSISTANT, DenseAnswer.withKinds(image, emitNorm));
      case SUMMARY -> Message.text(Role.ASSISTANT, answer(image, task));
    };
  }

  private ImageRecord limited(ImageRecord image, long epoch, long sample) {
    List<DataObject> kept = ObjectLimit.keep(image.objects(), maxObjects, seed, epoch, sample);
    return kept.size() == image.objects().size() ? image : image.withObjects(kept);
  }

  /** The same conversation without its last answer, for a model to give. */
  public Conversation promptOnly(DataRecord source, long epoch, long sample) {
    return switch (source) {
      case ChatRecord chat -> {
        List<Message> messages = chat.conversation().messages();
        yield new Conversation(messages.subList(0, messages.size() - 1));
      }
      case ImageRecord image -> {
        requireNoConversation(image);
        yield ask(image, mode.taskOf(seed, epoch, sample));
      }
    };
  }

  /**
   * What the model ought to answer.
   *
   * @throws DataException if the task is summary and the record has none
   */
  public String answer(ImageRecord image, Task task) {
    return switch (task) {
      case DENSE -> DenseAnswer.of(image, emitNorm);
      case SUMMARY ->
          image
              .summary()
              .orElseThrow(() ->
                  new DataException(
                      new Problem(
                          image.origin().file(),
                          image.origin().line(),
                          "summary",
                          "is missing, but summary mode needs it; add it or use dense mode")));
    };
  }

  private Conversation ask(ImageRecord image, Task task) {
    return prompts.ask(task, image.images().stream().map(ImageSource.File::new).toList());
  }
}
