package io.lockstep.cli.eval;

import io.lockstep.data.conversation.Content;
import io.lockstep.data.conversation.Conversation;
import io.lockstep.data.conversation.Message;
import io.lockstep.data.conversation.SameText;
import io.lockstep.data.dataset.ConversationBuilder;
import io.lockstep.data.jsonl.DataException;
import io.lockstep.data.prompt.Task;
import io.lockstep.data.record.ChatRecord;
import io.lockstep.data.record.DataRecord;
import io.lockstep.data.record.ImageRecord;
import io.lockstep.data.record.Origin;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * A record whose answer is known.
 *
 * @param origin file and line of the record
 * @param kind what is asked for
 * @param prompt what the model is asked
 * @param answered the same with the wanted answer
 * @param truth the wanted answer
 * @param scene the picture with its objects, of dense questions
 */
public record Question(
    Origin origin,
    AnswerKind kind,
    Conversation prompt,
    Conversation answered,
    String truth,
    Optional<Scene> scene) {

  /**
   * The question that a builder makes of a record in its first epoch.
   *
   * @param index of the record in its file
   * @throws DataException if the record lacks what is asked for
   */
  static Question of(DataRecord record, ConversationBuilder builder, long index) {
    Conversation prompt = builder.promptOnly(record, 0, index);
    Conversation answered = builder.build(record, 0, index);
    String truth = text(answered.messages().getLast());
    return switch (record) {
      case ChatRecord chat ->
          new Question(chat.origin(), AnswerKind.CHAT, prompt, answered, truth, Optional.empty());
      case ImageRecord image when builder.mode().taskOf(builder.seed(), 0, index) == Task.SUMMARY ->
          new Question(
              image.origin(), AnswerKind.SUMMARY, prompt, answered, truth, Optional.empty());
      case ImageRecord image ->
          new Question(
              image.origin(),
              AnswerKind.DENSE,
              prompt,
              answered,
              truth,
              Optional.of(
                  Scene.of(
                      image.origin().toString(),
                      image.width(),
                      image.height(),
                      builder.emitNorm().range(image.width(), image.height()),
                      truth)));
    };
  }

  /** Where the record stands, for messages to people. */
  public String place() {
    return origin.toString();
  }

  /** Whether an answer is the wanted one, character by character. */
  public boolean isAnsweredBy(String answer) {
    return SameText.same(answer, truth);
  }

  private static String text(Message message) {
    return message.contents().stream()
        .filter(Content.Text.class::isInstance)
        .map(content -> ((Content.Text) content).text())
        .collect(Collectors.joining());
  }
}
