package io.lockstep.gateway.handoff;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/** Compares a checkpoint's folder with its manifest, every byte of every file. */
public final class ManifestCheck {

  private static final int CHUNK_BYTES = 1 << 20;

  private ManifestCheck() {}

  /**
   * Verifies a checkpoint.
   *
   * @param manifestSha256 the manifest's own SHA-256 as its registry knows it, if there is one
   * @return number of committed steps that the manifest states
   * @throws BrokenCheckpointException naming every file that differs
   */
  public static long verify(Path dir, Optional<String> manifestSha256) {
    Path manifestFile = dir.resolve(Manifest.FILE_NAME);
    if (!Files.isRegularFile(manifestFile)) {
      throw new BrokenCheckpointException(
          "checkpoint "
              + dir
              + " has no "
              + Manifest.FILE_NAME
              + ": it was not written to its end");
    }
    try {
      byte[] json = Files.readAllBytes(manifestFile);
      String found = hex(sha256().digest(json));
      if (manifestSha256.isPresent() && !manifestSha256.get().equals(found)) {
        throw new BrokenCheckpointException(
            "%s has SHA-256 %s, the coordinator committed %s"
                .formatted(manifestFile, found, manifestSha256.get()));
      }
      Manifest manifest = Manifest.parse(manifestFile.toString(), json);
      List<String> problems = new ArrayList<>();
      for (Manifest.Entry file : manifest.files()) {
        problem(dir, file).ifPresent(problems::add);
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

  private static Optional<String> problem(Path dir, Manifest.Entry expected) throws IOException {
    Path root = dir.toAbsolutePath().normalize();
    Path file = root.resolve(expected.path()).normalize();
    if (!file.startsWith(root) || file.equals(root)) {
      return Optional.of(expected.path() + " points outside of the checkpoint");
    }
    if (!Files.isRegularFile(file)) {
      return Optional.of(expected.path() + " is missing");
    }
    long bytes = Files.size(file);
    if (bytes != expected.bytes()) {
      return Optional.of(
          "%s has %d bytes, not %d".formatted(expected.path(), bytes, expected.bytes()));
    }
    String found = digest(file);
    return found.equals(expected.sha256())
        ? Optional.empty()
        : Optional.of(
            "%s has SHA-256 %s, not %s".formatted(expected.path(), found, expected.sha256()));
  }

  private static String digest(Path file) throws IOException {
    MessageDigest digest = sha256();
    byte[] chunk = new byte[CHUNK_BYTES];
    try (InputStream in = Files.newInputStream(file)) {
      for (int n = in.read(chunk); n >= 0; n = in.read(chunk)) {
        digest.update(chunk, 0, n);
      }
    }
    return hex(digest.digest());
  }

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
