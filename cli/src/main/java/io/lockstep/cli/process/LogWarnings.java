package io.lockstep.cli.process;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The warnings and errors in the log of a process, in either format of {@link
 * io.lockstep.cli.console.LogSetup}, as they are written, and what the first worker says of how it
 * computes. Each text is told once, however often the process repeats it.
 */
final class LogWarnings {

  private static final Pattern LINE =
      Pattern.compile("\\d{2}:\\d{2}:\\d{2}\\.\\d{3} ([A-Z]+) +(?:\\[rank (\\d+)] )?(\\S+): (.*)");

  private static final ObjectMapper JSON = new ObjectMapper();

  private static final Set<String> TOLD = Set.of("WARN", "ERROR");

  /** What all workers of a run say of how they compute, and one of them for people. */
  private static final String COMPUTES = "computes in ";

  private static final String FIRST_WORKER = "worker-0";

  /** Most of a log that is read at once, in bytes; what is longer is read the next time. */
  private static final int MOST_BYTES = 1 << 20;

  private final String process;
  private final Path log;
  private final Set<String> told = new HashSet<>();
  private long read;

  /**
   * The warnings of a process, from now on.
   *
   * @param process its name
   * @param log may not exist yet; what it holds already is of an earlier process
   */
  LogWarnings(String process, Path log) throws IOException {
    this.process = process;
    this.log = log;
    this.read = Files.exists(log) ? Files.size(log) : 0;
  }

  /**
   * A warning or an error.
   *
   * @param text what the process says, without its name and rank
   * @param line all of it, for people
   */
  record Warning(String text, String line) {}

  /**
   * Those that were written since the last time.
   *
   * @throws IOException if the log can't be read
   */
  List<Warning> fresh() throws IOException {
    List<Warning> fresh = new ArrayList<>();
    List<String> lines = lines();
    for (int i = 0; i < lines.size(); i++) {
      Optional<Said> said = lines.get(i).startsWith("{") ? object(lines.get(i)) : line(lines, i);
      if (said.isPresent() && isTold(said.get().level, said.get().text)) {
        Said what = said.get();
        if (told.add(what.text)) {
          String rank = what.rank.isEmpty() ? "" : " (rank %s)".formatted(what.rank);
          fresh.add(
              new Warning(
                  what.text,
                  "%s%s %s %s: %s".formatted(process, rank, what.level, what.logger, what.text)));
        }
      }
    }
    return fresh;
  }

  private boolean isTold(String level, String text) {
    return TOLD.contains(level) || (process.equals(FIRST_WORKER) && text.startsWith(COMPUTES));
  }

  /**
   * What a line says.
   *
   * @param rank empty if it names none
   * @param text with the exception
   */
  private record Said(String level, String rank, String logger, String text) {}

  private static Optional<Said> line(List<String> lines, int at) {
    Matcher line = LINE.matcher(lines.get(at));
    return line.matches()
        ? Optional.of(
            new Said(
                line.group(1),
                line.group(2) == null ? "" : line.group(2),
                line.group(3),
                line.group(4) + cause(lines, at + 1)))
        : Optional.empty();
  }

  private static Optional<Said> object(String line) {
    JsonNode event;
    try {
      event = JSON.readTree(line);
    } catch (JsonProcessingException e) {
      return Optional.empty();
    }
    String logger = event.path("loggerName").asText();
    JsonNode thrown = event.path("throwable");
    String cause =
        thrown.isMissingNode()
            ? ""
            : ": " + thrown.path("className").asText() + ": " + thrown.path("message").asText();
    return Optional.of(
        new Said(
            event.path("level").asText(),
            event.path("context").path("properties").path("rank").asText(),
            logger.substring(logger.lastIndexOf('.') + 1),
            event.path("formattedMessage").asText() + cause));
  }

  /** The exception that a logger prints below its line, without where it came from. */
  private static String cause(List<String> lines, int next) {
    if (next + 1 >= lines.size() || !lines.get(next + 1).startsWith("\tat ")) {
      return "";
    }
    return ": " + lines.get(next);
  }

  /** The whole lines that were added. */
  private List<String> lines() throws IOException {
    if (!Files.exists(log)) {
      return List.of();
    }
    try (SeekableByteChannel file = Files.newByteChannel(log)) {
      // What was emptied by somebody begins anew.
      read = file.size() < read ? 0 : read;
      ByteBuffer buffer =
          ByteBuffer.allocate(Math.toIntExact(Math.min(MOST_BYTES, file.size() - read)));
      file.position(read);
      while (buffer.hasRemaining() && file.read(buffer) >= 0) {
        // A channel may give less than it was asked for.
      }
      byte[] bytes = Arrays.copyOf(buffer.array(), buffer.position());
      int end = bytes.length;
      while (end > 0 && bytes[end - 1] != '\n') {
        end--;
      }
      if (end == 0 && bytes.length == MOST_BYTES) {
        // A line that nobody can read is passed over.
        read += bytes.length;
      }
      read += end;
      return new String(bytes, 0, end, StandardCharsets.UTF_8).lines().toList();
    }
  }
}
