package io.lockstep.cli.command.bench;

import io.lockstep.cli.process.Closing;
import io.lockstep.cli.process.PortFile;
import io.lockstep.coordinator.MembershipRules;
import io.lockstep.coordinator.RunListener;
import io.lockstep.coordinator.RunPlan;
import io.lockstep.coordinator.rpc.CoordinatorServer;
import io.lockstep.security.ListenAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code lockstep bench coordinator-server}: what {@code bench coordinator} starts. */
@Command(
    name = "coordinator-server",
    hidden = true,
    description = "The coordinator of bench coordinator.")
final class BenchCoordinatorServerCommand implements Callable<Integer> {

  private static final long MORE_STEPS_THAN_ANYBODY_MEASURES = 1L << 30;
  private static final int LEASE_STEPS = 16;
  private static final Duration NEVER = Duration.ofMinutes(10);

  @Option(names = "--workers", required = true, description = "Workers of the world.")
  private int workers;

  @Option(names = "--heartbeat-millis", required = true, description = "Their heartbeats.")
  private long heartbeatMillis;

  @Option(names = "--out", required = true, description = "Run folder.")
  private Path out = Path.of("");

  @Option(names = "--port-file", required = true, description = "Told the port.")
  private Path portFile = Path.of("");

  @Override
  public Integer call() throws Exception {
    RunPlan plan =
        RunPlan.builder("bench", "run: bench", out)
            .workers(workers)
            .virtualRanks(workers)
            .totalSteps(MORE_STEPS_THAN_ANYBODY_MEASURES)
            .leaseSteps(LEASE_STEPS)
            .membership(
                MembershipRules.builder(1, workers)
                    .reconnect(Duration.ZERO)
                    .heartbeats(Duration.ofMillis(heartbeatMillis), NEVER)
                    .build())
            .build();
    CoordinatorServer server =
        CoordinatorServer.start(plan, ListenAddress.local("127.0.0.1", 0), new RunListener() {});
    try (Closing closing = Closing.atExit(server::close)) {
      PortFile.write(portFile, server.port());
      return server.awaitEnd().finished() ? 0 : 1;
    }
  }
}
