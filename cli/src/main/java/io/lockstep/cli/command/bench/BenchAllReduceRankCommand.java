package io.lockstep.cli.command.bench;

import io.lockstep.cli.bench.AllReduceRank;
import io.lockstep.cli.command.TlsOptions;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code lockstep bench allreduce-rank}: what {@code bench allreduce} starts. */
@Command(name = "allreduce-rank", hidden = true, description = "One process of bench allreduce.")
final class BenchAllReduceRankCommand implements Callable<Integer> {

  @Option(names = "--folder", required = true, description = "Where the ranks meet.")
  private Path folder = Path.of("");

  @Option(names = "--rank", required = true, description = "From 0.")
  private int rank;

  @Option(names = "--world", required = true, description = "Number of ranks.")
  private int world;

  @Option(names = "--megabytes", required = true, description = "MiB to sum.")
  private int megabytes;

  @Option(names = "--iterations", required = true, description = "Timed rounds.")
  private int iterations;

  @Option(names = "--tcp-only", description = "Share no memory.")
  private boolean tcpOnly;

  @Mixin private TlsOptions tls = new TlsOptions();

  @Override
  public Integer call() throws Exception {
    new AllReduceRank(folder, rank, world, megabytes, iterations, !tcpOnly, tls.open()).run();
    return 0;
  }
}
