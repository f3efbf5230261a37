package io.lockstep.model.align.certificate;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.lockstep.data.file.FileWrites;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What a checkpoint holds in place of a certificate that could not be written: its weights are as
 * good as any, but nobody knows what training computed with them.
 */
public final class Uncertified {

  /** The file that says so. */
  public static final String FILE_NAME = "uncertified.json";

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String REASON = "reason";

  private Uncertified() {}

  /**
   * Marks a checkpoint, and removes what was written of a certificate.
   *
   * @param reason why it has none, one line
   * @return the files written, relative to the folder
   */
  public static List<String> mark(Path folder, String reason) throws IOException {
    Files.deleteIfExists(folder.resolve(Certificate.FILE_NAME));
    Path parts = folder.resolve(Certificate.FOLDER);
    if (Files.exists(parts)) {
      try (Stream<Path> tree = Files.walk(parts)) {
        for (Path path : tree.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(path);
        }
      }
    }
    FileWrites.text(
        folder.resolve(FILE_NAME),
        JSON.writerWithDefaultPrettyPrinter()
                .writeValueAsString(JSON.createObjectNode().put(REASON, reason))
            + "\n");
    return List.of(FILE_NAME);
  }

  /** Why a checkpoint has no certificate; empty if it isn't marked. */
  public static Optional<String> reason(Path folder) throws IOException {
    Path file = folder.resolve(FILE_NAME);
    if (!Files.isRegularFile(file)) {
      return Optional.empty();
    }
    try {
      return Optional.of(JSON.readTree(file.toFile()).path(REASON).asText("unknown"));
    } catch (JsonProcessingException e) {
      return Optional.of("unknown: " + FILE_NAME + " is not JSON");
    }
  }
}
