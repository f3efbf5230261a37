package io.lockstep.cli.train;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;

/** What a checkpoint's certificate says that it was computed with. */
final class Capability {

  private static final ObjectMapper JSON = new ObjectMapper();

  private Capability() {}

  /** Library, version and vector instructions, or that there is no certificate to say so. */
  static String of(Path checkpoint) {
    try {
      return JSON.readTree(checkpoint.resolve("alignment.json").toFile())
          .path("computed_with")
          .asText();
    } catch (IOException e) {
      return "no certificate says with which library";
    }
  }
}
