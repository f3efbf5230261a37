package io.lockstep.cli.process;

import io.lockstep.model.tokenizer.Tokenizer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/** Says what arrived of its arguments. */
final class LocaleProbe {

  private LocaleProbe() {}

  /** A model's folder, a prompt and a file. */
  public static void main(String[] arguments) throws Exception {
    try (Tokenizer tokenizer = Tokenizer.open(Path.of(arguments[0]))) {
      System.out.println(arguments[1]);
      System.out.println(Arrays.toString(tokenizer.encode(arguments[1])));
      System.out.println(Files.isRegularFile(Path.of(arguments[2])));
    }
  }
}
