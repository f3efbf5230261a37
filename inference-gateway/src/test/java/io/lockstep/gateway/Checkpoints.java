package io.lockstep.gateway;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** Writes folders that look like checkpoints to anyone who does not load them. */
public final class Checkpoints {

  private Checkpoints() {}

  /** A sound checkpoint of two files and its manifest. */
  public static Path write(Path dir, long steps) throws IOException {
    Files.createDirectories(dir);
    Files.writeString(dir.resolve("model.safetensors"), "weights of step " + steps);
    Files.writeString(dir.resolve("config.json"), "{}");
    Files.writeString(
        dir.resolve("manifest.json"),
        "{\"steps\":%d,\"files\":[%s,%s]}"
            .formatted(steps, entry(dir, "config.json"), entry(dir, "model.safetensors")));
    return dir;
  }

  /** SHA-256 of a file in lower-case hexadecimal. */
  public static String sha256(Path file) throws IOException {
    try {
      return HexFormat.of()
          .formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Changes one byte of a file. */
  public static void flip(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length / 2] ^= 1;
    Files.write(file, bytes);
  }

  private static String entry(Path dir, String name) throws IOException {
    return "{\"path\":\"%s\",\"bytes\":%d,\"sha256\":\"%s\"}"
        .formatted(name, Files.size(dir.resolve(name)), sha256(dir.resolve(name)));
  }
}
