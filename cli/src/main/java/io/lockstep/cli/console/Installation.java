package io.lockstep.cli.console;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Where Lockstep lies on this machine: a clone, or an unpacked release. Launchers say it. */
public final class Installation {

  private static final String HOME_PROPERTY = "lockstep.home";

  private Installation() {}

  /** Its folder; the working directory if no launcher has started this process. */
  public static Path home() {
    return Path.of(System.getProperty(HOME_PROPERTY, ""));
  }

  /** The shipped base model. */
  public static Path baseModel() {
    return home().resolve("base-model");
  }

  /**
   * Requires the shape of a model, which random weights can be made for.
   *
   * @throws UserError if configuration or tokenizer are missing
   */
  public static void requireShape(Path folder) {
    for (String file : List.of("config.json", "tokenizer.json")) {
      if (!Files.exists(folder.resolve(file))) {
        throw new UserError("%s holds no %s".formatted(folder, file));
      }
    }
  }
}
