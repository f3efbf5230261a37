package io.lockstep.cli.run;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A run's {@code logging.jsonl} that is looked at again and again: of a file that has grown only
 * the new lines are read. One that doesn't hold what it held was written anew, since steps are
 * computed again, and is read anew.
 */
public final class GrowingMetrics {

  /** Bytes of the end of what was read, by which it is known again: some lines. */
  private static final int MARK = 4096;

  private final Path file;
  private final List<Metrics.Row> rows = new ArrayList<>();
  private long read;

  /** The end of what was read. */
  private byte[] last = new byte[0];

  /** A file that may not be there yet. */
  public GrowingMetrics(Path file) {
    this.file = file;
  }

  /** What it says now; a last line that is still being written is left out. */
  public synchronized Metrics now() throws IOException {
    if (!Files.exists(file)) {
      forget();
      return new Metrics(rows);
    }
    try (RandomAccessFile in = new RandomAccessFile(file.toFile(), "r")) {
      if (in.length() < read || !Arrays.equals(last, bytes(in, read - last.length, last.length))) {
        forget();
      }
      byte[] fresh = bytes(in, read, Math.toIntExact(in.length() - read));
      int whole = fresh.length;
      while (whole > 0 && fresh[whole - 1] != '\n') {
        whole--;
      }
      for (String line : new String(fresh, 0, whole, StandardCharsets.UTF_8).lines().toList()) {
        rows.add(Metrics.row(line));
      }
      if (whole > 0) {
        read += whole;
        last = Arrays.copyOfRange(fresh, Math.max(0, whole - MARK), whole);
      }
    }
    return new Metrics(rows);
  }

  private void forget() {
    rows.clear();
    read = 0;
    last = new byte[0];
  }

  private static byte[] bytes(RandomAccessFile in, long from, int count) throws IOException {
    byte[] bytes = new byte[count];
    in.seek(from);
    in.readFully(bytes);
    return bytes;
  }
}
