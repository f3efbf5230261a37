package io.lockstep.datatools.demo;

import io.lockstep.data.conversation.Conversation;
import io.lockstep.data.conversation.Message;
import io.lockstep.data.conversation.Role;
import java.util.ArrayList;
import java.util.List;

/** A text-only training record: what is asked, and the answer to learn. */
record Exchange(Conversation prompt, String answer) {

  static Exchange of(String question, String answer) {
    return new Exchange(new Conversation(List.of(Message.text(Role.USER, question))), answer);
  }

  /** Prompt and answer as one conversation. */
  Conversation conversation() {
    List<Message> messages = new ArrayList<>(prompt.messages());
    messages.add(Message.text(Role.ASSISTANT, answer));
    return new Conversation(messages);
  }
}
