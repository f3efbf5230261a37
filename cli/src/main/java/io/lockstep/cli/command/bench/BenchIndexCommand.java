package io.lockstep.cli.command.bench;

import io.lockstep.benchmark.IndexBench;
import io.lockstep.cli.bench.ScratchFolder;
import io.lockstep.cli.command.JsonOption;
import io.lockstep.cli.command.Numbers;
import io.lockstep.cli.console.JsonLine;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code lockstep bench index}. */
@Command(
    name = "index",
    description =
        "Draws a large JSONL file into a temporary folder and times its index: building it, opening"
            + " the file again, reading lines at random places. The folder is removed afterwards.")
final class BenchIndexCommand implements Callable<Integer> {

  private static final double MEGABYTE = 1e6;

  @Option(
      names = "--records",
      converter = Numbers.LongCount.class,
      paramLabel = "N",
      defaultValue = "1000000",
      description = "Records of the drawn file (default: ${DEFAULT-VALUE}).")
  private long records;

  @Option(
      names = "--folder",
      paramLabel = "DIR",
      description = "Where the temporary folder is made (default: the system's).")
  private @Nullable Path folder;

  @Mixin private JsonOption json = new JsonOption();

  @Override
  public Integer call() throws IOException {
    try (ScratchFolder drawn = ScratchFolder.in(folder)) {
      report(IndexBench.measure(drawn.path(), records));
    }
    return 0;
  }

  private void report(IndexBench.Result result) {
    System.out.printf(
        Locale.ROOT,
        "%,d records, %,.0f MB: index built in %.2f s (%,.0f MB/s; reading alone takes %.2f s),"
            + " opened again in %.1f ms; %.1f bytes of index and %.2f of heap a record; a line"
            + " in %.2f us (%.2f us at worst of 1000), a record in %.2f us%n",
        records,
        result.bytes() / MEGABYTE,
        result.buildSeconds(),
        result.bytes() / MEGABYTE / result.buildSeconds(),
        result.scanSeconds(),
        1e3 * result.openSeconds(),
        result.indexBytesPerRecord(),
        result.heapBytesPerRecord(),
        result.lineMicros(),
        result.lineMicrosWorst(),
        result.recordMicros());
    json.print(
        new JsonLine()
            .put("records", records)
            .put("bytes", result.bytes())
            .put("build_s", result.buildSeconds())
            .put("read_s", result.scanSeconds())
            .put("open_again_s", result.openSeconds())
            .put("index_bytes_per_record", result.indexBytesPerRecord())
            .put("heap_bytes_per_record", result.heapBytesPerRecord())
            .put("line_us", result.lineMicros())
            .put("line_us_p999", result.lineMicrosWorst())
            .put("record_us", result.recordMicros()));
  }
}
