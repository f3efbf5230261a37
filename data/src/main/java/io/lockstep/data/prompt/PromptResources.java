package io.lockstep.data.prompt;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** The texts that come with the program, beside this class. */
final class PromptResources {

  private PromptResources() {}

  /** A text without the line end of its file. */
  static String read(String name) {
    String file = name + ".txt";
    try (InputStream in = PromptResources.class.getResourceAsStream(file)) {
      if (in == null) {
        throw new IllegalStateException("the program lacks its text " + file + ": build it again");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8).stripTrailing();
    } catch (IOException e) {
      throw new UncheckedIOException("the program's text " + file + " can't be read", e);
    }
  }
}
