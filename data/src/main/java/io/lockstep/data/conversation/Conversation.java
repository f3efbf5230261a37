package io.lockstep.data.conversation;

import java.util.List;
import java.util.stream.Stream;

/** Messages in order: an optional system message first, then user and assistant in turn. */
public record Conversation(List<Message> messages) {

  public Conversation {
    messages = List.copyOf(messages);
  }

  /** The same conversation whose characters nobody tells apart. */
  public Conversation withoutKinds() {
    return new Conversation(messages.stream().map(Message::withoutKinds).toList());
  }

  /** All pictures in the order in which they appear. */
  public List<ImageSource> images() {
    return messages.stream()
        .flatMap(message -> message.contents().stream())
        .flatMap(content ->
            content instanceof Content.Image image ? Stream.of(image.source()) : Stream.empty())
        .toList();
  }
}
