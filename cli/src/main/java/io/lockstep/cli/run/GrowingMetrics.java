package io.lockstep.cli.run;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A run's {@code logging.jsonl} that is looked at again and again: of a file that has grown only
 * the new lines are read. One that is shorter than before was written anew, and is read anew.
 */
public final class GrowingMetrics {

  private final Path file;
  private final List<Metrics.Row> rows = new ArrayList<>();
  private long read;

  /** A file that may not be there yet. */
  public GrowingMetrics(Path file) {
    this.file = file;
  }

  /** What it says now; a last line that is still being written is left out. */
  public synchronized Metrics now() throws IOException {
    long size = Files.exists(file) ? Files.size(file) : 0;
    if (size < read) {
      rows.clear();
      read = 0;
    }
    if (size > read) {
      byte[] fresh = new byte[Math.toIntExact(size - read)];
      try (RandomAccessFile in = new RandomAccessFile(file.toFile(), "r")) {
        in.seek(read);
        in.readFully(fresh);
      }
      int whole = fresh.length;
      while (whole > 0 && fresh[whole - 1] != '\n') {
        whole--;
      }
      for (String line : new String(fresh, 0, whole, StandardCharsets.UTF_8).lines().toList()) {
        rows.add(Metrics.row(line));
      }
      read += whole;
    }
    return new Metrics(rows);
  }
}
