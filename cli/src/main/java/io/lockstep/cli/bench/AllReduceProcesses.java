package io.lockstep.cli.bench;

import io.lockstep.benchmark.AllReduceBench;
import io.lockstep.cli.console.UserError;
import io.lockstep.cli.process.Child;
import io.lockstep.cli.process.ProcessGroup;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** An all-reduce among processes of this machine. */
public final class AllReduceProcesses {

  private static final Duration POLL = Duration.ofMillis(50);
  private static final List<String> JVM = List.of("-Xmx256m");

  private AllReduceProcesses() {}

  /**
   * Starts a process per rank and waits for the figures.
   *
   * @param sharedMemory whether ranks may share memory; else all bytes go through TCP
   * @param security options of each process for its certificates
   * @throws UserError naming the first process that failed
   */
  public static AllReduceBench.Result measure(
      int world, int megabytes, int iterations, boolean sharedMemory, List<String> security)
      throws IOException {
    Path folder = Files.createTempDirectory("lockstep-bench-");
    try (ProcessGroup group = new ProcessGroup(folder)) {
      List<Child> ranks = new ArrayList<>();
      for (int rank = 0; rank < world; rank++) {
        ranks.add(
            group.start(
                "rank-" + rank,
                JVM,
                arguments(folder, rank, world, megabytes, iterations, sharedMemory, security)));
      }
      for (Child rank : ranks) {
        while (!rank.await(POLL)) {
          group.firstCause().ifPresent(AllReduceProcesses::fail);
        }
      }
      group.firstCause().ifPresent(AllReduceProcesses::fail);
    }
    double[] seconds =
        Files.readAllLines(AllReduceRank.figures(folder)).stream()
            .mapToDouble(Double::parseDouble)
            .toArray();
    ScratchFolder.remove(folder);
    return AllReduceBench.result(world, (long) megabytes << 20, seconds);
  }

  private static List<String> arguments(
      Path folder,
      int rank,
      int world,
      int megabytes,
      int iterations,
      boolean sharedMemory,
      List<String> security) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "bench",
                "allreduce-rank",
                "--folder",
                folder.toString(),
                "--rank",
                Integer.toString(rank),
                "--world",
                Integer.toString(world),
                "--megabytes",
                Integer.toString(megabytes),
                "--iterations",
                Integer.toString(iterations)));
    arguments.addAll(security);
    if (!sharedMemory) {
      arguments.add("--tcp-only");
    }
    return arguments;
  }

  private static void fail(Child child) {
    throw new UserError("the benchmark failed: " + child.exitDescription());
  }
}
