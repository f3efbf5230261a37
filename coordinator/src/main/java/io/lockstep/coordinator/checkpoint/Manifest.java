package io.lockstep.coordinator.checkpoint;

import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.lockstep.coordinator.machine.Event.CheckpointFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/** The list of a checkpoint's files, written last. */
final class Manifest {

  static final String FILE_NAME = "manifest.json";

  private static final JsonMapper JSON = JsonMapper.builder().build();

  private Manifest() {}

  @JsonPropertyOrder({"steps", "files"})
  record Document(long steps, List<Entry> files) {}

  @JsonPropertyOrder({"path", "bytes", "sha256"})
  record Entry(String path, long bytes, String sha256) {}

  /**
   * Writes and syncs {@code manifest.json}.
   *
   * @param files in the order of their paths
   * @return SHA-256 of the manifest, lower-case hexadecimal
   */
  static String write(Path folder, long steps, List<CheckpointFile> files) throws IOException {
    List<Entry> entries =
        files.stream().map(file -> new Entry(file.path(), file.bytes(), file.sha256())).toList();
    String text =
        JSON.writerWithDefaultPrettyPrinter().writeValueAsString(new Document(steps, entries))
            + "\n";
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    try (FileChannel channel =
        FileChannel.open(
            folder.resolve(FILE_NAME), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      ByteBuffer buffer = ByteBuffer.wrap(bytes);
      while (buffer.hasRemaining()) {
        channel.write(buffer);
      }
      channel.force(true);
    }
    return HexFormat.of().formatHex(sha256().digest(bytes));
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException("every JDK has SHA-256", impossible);
    }
  }
}
