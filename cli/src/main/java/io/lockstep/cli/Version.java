package io.lockstep.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine.IVersionProvider;

/** What {@code --version} says: the version of the build, as semver.org has them. */
final class Version implements IVersionProvider {

  /** Filled in by the build. */
  private static final String FILE = "version.txt";

  @Override
  public String[] getVersion() throws IOException {
    try (InputStream in = Version.class.getResourceAsStream(FILE)) {
      if (in == null) {
        throw new IOException(FILE + " is not on the class path; build cli again");
      }
      return new String[] {
        "lockstep " + new String(in.readAllBytes(), StandardCharsets.UTF_8).strip()
      };
    }
  }
}
