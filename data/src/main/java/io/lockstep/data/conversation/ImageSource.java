package io.lockstep.data.conversation;

import java.nio.file.Path;

/** Where the encoded bytes of a picture (PNG, JPEG) come from. */
public sealed interface ImageSource {

  /** Name for messages to people: a path or the name a client gave. */
  String name();

  /** A file. */
  record File(Path path) implements ImageSource {
    @Override
    public String name() {
      return path.toString();
    }
  }

  /** Bytes that a client sent; the array is not copied and must not be changed. */
  @SuppressWarnings("ArrayRecordComponent")
  record Bytes(String name, byte[] content) implements ImageSource {}
}
