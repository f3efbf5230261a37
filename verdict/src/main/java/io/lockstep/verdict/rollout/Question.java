package io.lockstep.verdict.rollout;

import io.lockstep.data.conversation.Content;
import io.lockstep.data.conversation.Conversation;
import io.lockstep.data.conversation.Message;
import io.lockstep.data.conversation.Role;
import io.lockstep.data.file.Sha256;
import java.util.List;

/**
 * A prompt of text alone, and how its answer is decoded.
 *
 * @param system the system message
 * @param user the user message
 */
public record Question(String system, String user, Decoding decoding) {

  /** The question of a conversation with a system and a user message of text. */
  public static Question of(Conversation prompt, Decoding decoding) {
    return new Question(text(prompt, Role.SYSTEM), text(prompt, Role.USER), decoding);
  }

  private static String text(Conversation prompt, Role role) {
    return prompt.messages().stream()
        .filter(message -> message.role() == role)
        .flatMap(message -> message.contents().stream())
        .map(content -> content instanceof Content.Text text ? text.text() : "")
        .findFirst()
        .orElse("");
  }

  /** It as a conversation. */
  public Conversation conversation() {
    return new Conversation(
        List.of(Message.text(Role.SYSTEM, system), Message.text(Role.USER, user)));
  }

  /** Its identity: equal questions have equal ones. */
  public String digest() {
    return Sha256.of(
        "%d %s%d %s%s".formatted(system.length(), system, user.length(), user, decoding));
  }
}
