package io.lockstep.data.conversation;

import java.util.List;

/** One turn of a conversation. */
public record Message(Role role, List<Content> contents) {

  public Message {
    contents = List.copyOf(contents);
  }

  /** A turn of text alone. */
  public static Message text(Role role, String text) {
    return new Message(role, List.of(new Content.Text(text)));
  }
}
