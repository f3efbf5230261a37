package io.lockstep.coordinator.checkpoint;

import io.lockstep.data.file.FileWrites;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.UUID;
import java.util.regex.Pattern;

/** A number drawn once for each run and kept in its checkpoints, which tells them from others. */
final class RunIdentity {

  static final String FILE_NAME = ".run";

  private static final Pattern FORM = Pattern.compile("[0-9a-f-]{36}");

  private RunIdentity() {}

  /** The identity kept in a folder; drawn and written there if there is none yet. */
  static String of(Path root) throws IOException {
    Path file = root.resolve(FILE_NAME);
    if (Files.exists(file)) {
      String known = Files.readString(file).strip();
      if (!FORM.matcher(known).matches()) {
        throw new IOException(file + " does not hold a run's identity");
      }
      return known;
    }
    Files.createDirectories(root);
    String drawn = UUID.randomUUID().toString();
    Path partial = root.resolve(FILE_NAME + ".partial");
    FileWrites.durable(partial, (drawn + "\n").getBytes(StandardCharsets.UTF_8));
    Files.move(partial, file, StandardCopyOption.ATOMIC_MOVE);
    DurableFolders.sync(root);
    return drawn;
  }
}
