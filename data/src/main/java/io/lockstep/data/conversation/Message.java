package io.lockstep.data.conversation;

import java.util.List;

/**
 * One turn of a conversation.
 *
 * @param contents texts and pictures, in order
 * @param kinds of which kind each character of the text is; empty if nobody asks
 * @param demonstration whether the turn shows how others were answered, before the one that counts
 */
public record Message(
    Role role, List<Content> contents, List<KindSpan> kinds, boolean demonstration) {

  public Message {
    contents = List.copyOf(contents);
    kinds = List.copyOf(kinds);
  }

  /** A turn that counts, whose characters nobody tells apart. */
  public Message(Role role, List<Content> contents) {
    this(role, contents, List.of(), false);
  }

  /** A turn of text alone. */
  public static Message text(Role role, String text) {
    return new Message(role, List.of(new Content.Text(text)));
  }

  /** A turn of text alone whose characters are of known kinds. */
  public static Message text(Role role, KindText text) {
    return new Message(role, List.of(new Content.Text(text.text())), text.spans(), false);
  }

  /** The same turn whose characters nobody tells apart. */
  public Message withoutKinds() {
    return kinds.isEmpty() ? this : new Message(role, contents, List.of(), demonstration);
  }

  /** The same turn as a demonstration. */
  public Message asDemonstration() {
    return new Message(role, contents, List.of(), true);
  }
}
