package io.lockstep.data.conversation;

/** A piece of a message: text or a picture. Pieces concatenate in order, nothing between them. */
public sealed interface Content {

  /** Plain text. Text that looks like a special token stays text. */
  record Text(String text) implements Content {}

  /** A picture. */
  record Image(ImageSource source) implements Content {}
}
