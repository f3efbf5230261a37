package io.lockstep.benchmark;

import io.lockstep.data.file.FileWrites;
import io.lockstep.data.jsonl.IndexCache;
import io.lockstep.data.jsonl.JsonlFile;
import io.lockstep.data.plan.KeyedPermutation;
import io.lockstep.data.record.RecordReader;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Times the index of a large JSONL file: building it, finding it again, reading lines through it.
 */
public final class IndexBench {

  private static final double NANOS = 1e9;
  private static final double MICROS = 1e3;
  private static final int READS = 200_000;
  private static final long SEED = 23;
  private static final double WORST = 0.999;

  private final Path file;
  private final IndexCache cache;

  private IndexBench(Path folder) {
    file = folder.resolve("records.jsonl");
    // Every file has a stored index here, however small.
    cache = new IndexCache(folder.resolve("index"), 0);
  }

  /**
   * What was measured.
   *
   * @param bytes size of the drawn file
   * @param drawSeconds to write it
   * @param scanSeconds to read it once, block by block, without looking at it
   * @param buildSeconds to open it for the first time
   * @param openSeconds to open it again, middle of some times
   * @param indexBytesPerRecord of the stored index
   * @param heapBytesPerRecord more heap in use with the file open than without
   * @param lineMicros to get a line's text, middle of many at random places
   * @param lineMicrosWorst slower than all but one in a thousand
   * @param recordMicros to get a line and make a record of it
   */
  public record Result(
      long bytes,
      double drawSeconds,
      double scanSeconds,
      double buildSeconds,
      double openSeconds,
      double indexBytesPerRecord,
      double heapBytesPerRecord,
      double lineMicros,
      double lineMicrosWorst,
      double recordMicros) {}

  /** Draws a file of that many short records into a folder and measures with it. */
  public static Result measure(Path folder, long records) throws IOException {
    return new IndexBench(folder).run(records);
  }

  private Result run(long records) throws IOException {
    double draw = draw(records);
    double scan = scan();
    long before = heap();
    long begin = System.nanoTime();
    try (JsonlFile built = JsonlFile.open(file, cache)) {
      double build = (System.nanoTime() - begin) / NANOS;
      if (built.size() != records) {
        throw new IllegalStateException(built.size() + " lines were found of " + records);
      }
      double heap = (double) (heap() - before) / records;
      double open = reopen();
      // The first round is for the compiler.
      read(built, false);
      double[] lines = read(built, false);
      double[] parsed = read(built, true);
      return new Result(
          Files.size(file),
          draw,
          scan,
          build,
          open,
          (double) indexBytes() / records,
          heap,
          lines[lines.length / 2],
          lines[(int) (lines.length * WORST)],
          parsed[parsed.length / 2]);
    }
  }

  private double draw(long records) throws IOException {
    long begin = System.nanoTime();
    try (OutputStream out = FileWrites.stream(file)) {
      for (long i = 0; i < records; i++) {
        out.write(record(i).getBytes(StandardCharsets.UTF_8));
      }
    }
    return (System.nanoTime() - begin) / NANOS;
  }

  private static String record(long i) {
    return "{\"messages\": [{\"role\": \"user\", \"content\": \"What is number "
        + i
        + "?\"}, {\"role\": \"assistant\", \"content\": \"It is "
        + i * i % 1009
        + "\"}]}\n";
  }

  private double scan() throws IOException {
    byte[] block = new byte[1 << 20];
    long begin = System.nanoTime();
    try (var in = Files.newInputStream(file)) {
      while (in.read(block) >= 0) {}
    }
    return (System.nanoTime() - begin) / NANOS;
  }

  private double reopen() {
    double[] seconds = new double[9];
    for (int i = 0; i < seconds.length; i++) {
      long begin = System.nanoTime();
      JsonlFile.open(file, cache).close();
      seconds[i] = (System.nanoTime() - begin) / NANOS;
    }
    Arrays.sort(seconds);
    return seconds[seconds.length / 2];
  }

  /** Microseconds of each read at a random place, sorted. */
  private static double[] read(JsonlFile open, boolean parse) {
    KeyedPermutation places = new KeyedPermutation(open.size(), SEED);
    double[] micros = new double[(int) Math.min(READS, open.size())];
    for (int i = 0; i < micros.length; i++) {
      long begin = System.nanoTime();
      if (parse) {
        var _ = RecordReader.read(open, places.at(i));
      } else {
        var _ = open.line(places.at(i));
      }
      micros[i] = (System.nanoTime() - begin) / MICROS;
    }
    Arrays.sort(micros);
    return micros;
  }

  private long indexBytes() throws IOException {
    try (var entries = Files.list(cache.folder())) {
      return entries
          .filter(path -> path.toString().endsWith(".lines"))
          .mapToLong(path -> path.toFile().length())
          .sum();
    }
  }

  private static long heap() {
    System.gc();
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }
}
