package io.lockstep.gateway.handoff;

import io.lockstep.data.file.CheckpointManifest;
import io.lockstep.data.file.Sha256;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Compares a checkpoint's folder with its manifest, every byte of every file. */
public final class ManifestCheck {

  private ManifestCheck() {}

  /**
   * Verifies a checkpoint.
   *
   * @param manifestSha256 the manifest's own SHA-256 as its registry knows it, if there is one
   * @return number of committed steps that the manifest states
   * @throws BrokenCheckpointException naming every file that differs
   */
  public static long verify(Path dir, Optional<String> manifestSha256) {
    Path manifestFile = dir.resolve(CheckpointManifest.FILE_NAME);
    if (!Files.isRegularFile(manifestFile)) {
      throw new BrokenCheckpointException(
          "checkpoint "
              + dir
              + " has no "
              + CheckpointManifest.FILE_NAME
              + ": it was not written to its end");
    }
    try {
      byte[] json = Files.readAllBytes(manifestFile);
      String found = Sha256.of(json);
      if (manifestSha256.isPresent() && !manifestSha256.get().equals(found)) {
        throw new BrokenCheckpointException(
            "%s has SHA-256 %s, the coordinator committed %s"
                .formatted(manifestFile, found, manifestSha256.get()));
      }
      CheckpointManifest manifest = parse(manifestFile, json);
      List<String> problems = new ArrayList<>();
      for (CheckpointManifest.Entry file : manifest.files()) {
        file.problem(dir).ifPresent(problems::add);
      }
      if (!problems.isEmpty()) {
        throw new BrokenCheckpointException(
            "checkpoint " + dir + " differs from its manifest: " + String.join("; ", problems));
      }
      return manifest.steps();
    } catch (IOException e) {
      throw new UncheckedIOException("checkpoint " + dir + " can't be read: " + e, e);
    }
  }

  private static CheckpointManifest parse(Path file, byte[] json) {
    try {
      return CheckpointManifest.parse(json);
    } catch (IOException e) {
      throw new BrokenCheckpointException(file + " " + e.getMessage());
    }
  }

  /** A checkpoint that is not what its manifest or its registry says; it is never served. */
  public static final class BrokenCheckpointException extends RuntimeException {

    public BrokenCheckpointException(String message) {
      super(message);
    }
  }
}
