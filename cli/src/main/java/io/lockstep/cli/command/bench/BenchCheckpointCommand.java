package io.lockstep.cli.command.bench;

import io.lockstep.benchmark.CheckpointBench;
import io.lockstep.cli.bench.ScratchFolder;
import io.lockstep.cli.command.Numbers;
import io.lockstep.cli.command.TensorOptions;
import io.lockstep.cli.console.JsonLine;
import io.lockstep.cli.console.UserError;
import io.lockstep.coordinator.checkpoint.CheckpointFolders;
import io.lockstep.coordinator.checkpoint.CheckpointVerifier;
import io.lockstep.coordinator.checkpoint.CheckpointVerifier.Verdict;
import io.lockstep.coordinator.machine.CheckpointAttempt;
import io.lockstep.coordinator.machine.Event.CheckpointFile;
import io.lockstep.tensor.Dtype;
import io.lockstep.worker.checkpoint.WrittenFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code lockstep bench checkpoint}. */
@Command(
    name = "checkpoint",
    description = {
      "Measures how long training stands still for a checkpoint, and how fast state is written with"
          + " hashes and syncs, verified and read back.",
      "Medians; verification and reading find the files in the system's cache."
    })
final class BenchCheckpointCommand implements Callable<Integer> {

  private static final double MEGA = 1e6;
  private static final int MOST_MEGABYTES = 100_000;

  @Option(
      names = "--megabytes",
      converter = Numbers.Count.class,
      paramLabel = "M",
      defaultValue = "256",
      description = "Size of the state, weights and both moments (default: ${DEFAULT-VALUE}).")
  private int megabytes;

  @Option(
      names = "--iterations",
      converter = Numbers.Count.class,
      paramLabel = "N",
      defaultValue = "5",
      description = "Checkpoints (default: ${DEFAULT-VALUE}).")
  private int iterations;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Where to write, removed afterwards (default: the system's temporary folder).")
  private @Nullable Path out;

  @Mixin private TensorOptions tensors = new TensorOptions();

  @Option(names = "--json", description = "Print the results as JSON.")
  private boolean json;

  @Override
  public Integer call() throws Exception {
    Numbers.require("--megabytes", megabytes, 1, MOST_MEGABYTES);
    tensors.start();
    try (ScratchFolder folder = ScratchFolder.in(out)) {
      print(measure(folder.path()));
    }
    return 0;
  }

  /** Seconds of each phase, one entry for each checkpoint. */
  private record Times(
      long bytes, List<Double> copy, List<Double> write, List<Double> verify, List<Double> read) {}

  private Times measure(Path folder) throws IOException {
    long floats = (long) (megabytes * MEGA) / Dtype.FLOAT32.bytes(3);
    CheckpointFolders folders =
        new CheckpointFolders(folder, 0, CheckpointFolders.UsableSpace.OF_DISK);
    try (CheckpointBench bench = new CheckpointBench(floats)) {
      Times times =
          new Times(
              bench.bytes(),
              new ArrayList<>(),
              new ArrayList<>(),
              new ArrayList<>(),
              new ArrayList<>());
      // The first copy also allocates; runs do that once.
      bench.copy();
      for (int i = 1; i <= iterations; i++) {
        long begin = System.nanoTime();
        bench.copy();
        times.copy.add(since(begin));
        begin = System.nanoTime();
        Path written = write(bench, folders, i);
        times.write.add(since(begin));
        begin = System.nanoTime();
        verify(written);
        times.verify.add(since(begin));
        begin = System.nanoTime();
        bench.read(written);
        times.read.add(since(begin));
        ScratchFolder.remove(written);
      }
      return times;
    }
  }

  private static Path write(CheckpointBench bench, CheckpointFolders folders, long steps)
      throws IOException {
    CheckpointAttempt attempt = new CheckpointAttempt(steps, 1);
    List<CheckpointFile> files =
        bench.write(folders.prepare(attempt), steps).stream()
            .sorted(Comparator.comparing(WrittenFile::path))
            .map(file -> new CheckpointFile(file.path(), file.bytes(), file.sha256()))
            .toList();
    return folders.complete(attempt, files, false).dir();
  }

  private static void verify(Path written) throws IOException {
    switch (CheckpointVerifier.verify(written, CheckpointVerifier.Expected.ANYTHING)) {
      case Verdict.Intact _ -> {}
      case Verdict.Damaged(String problem) -> throw new UserError(written + ": " + problem);
    }
  }

  private void print(Times times) {
    double copyMillis = median(times.copy) * 1000;
    double write = times.bytes / MEGA / median(times.write);
    double verify = times.bytes / MEGA / median(times.verify);
    double read = times.bytes / MEGA / median(times.read);
    if (json) {
      System.out.println(
          new JsonLine()
              .put("megabytes", times.bytes / MEGA)
              .put("iterations", iterations)
              .put("snapshot_ms", copyMillis)
              .put("write_MBps", write)
              .put("verify_MBps", verify)
              .put("read_MBps", read));
    } else {
      System.out.printf(
          Locale.ROOT,
          "%.1f MB of state: training stands still for %.1f ms; written at %.0f MB/s, verified at"
              + " %.0f MB/s, read at %.0f MB/s%n",
          times.bytes / MEGA,
          copyMillis,
          write,
          verify,
          read);
    }
  }

  private static double since(long begin) {
    return (System.nanoTime() - begin) / 1e9;
  }

  private static double median(List<Double> seconds) {
    List<Double> sorted = seconds.stream().sorted().toList();
    return sorted.get(sorted.size() / 2);
  }
}
