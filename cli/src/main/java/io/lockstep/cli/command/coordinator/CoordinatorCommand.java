package io.lockstep.cli.command.coordinator;

import io.lockstep.cli.command.CommandGroup;
import io.lockstep.cli.command.CoordinatorOption;
import io.lockstep.cli.rpc.CoordinatorClient;
import java.net.InetAddress;
import java.net.UnknownHostException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code lockstep coordinator}. */
@Command(
    name = "coordinator",
    description = "Runs, asks or drains the coordinator of a training run.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      CoordinatorStartCommand.class,
      CoordinatorStatusCommand.class,
      CoordinatorCommand.Drain.class
    })
public final class CoordinatorCommand extends CommandGroup {

  /** {@code lockstep coordinator drain}. */
  @Command(name = "drain", description = "Ends a run after a checkpoint at the next step boundary.")
  static final class Drain implements Runnable {

    @Mixin private CoordinatorOption coordinator = new CoordinatorOption();

    @Override
    public void run() {
      try (CoordinatorClient client = coordinator.connect()) {
        System.out.printf(
            "draining: the last checkpoint holds at least %d steps%n", client.drain(user()));
      }
    }

    private static String user() {
      try {
        return System.getProperty("user.name") + "@" + InetAddress.getLocalHost().getHostName();
      } catch (UnknownHostException nameless) {
        return System.getProperty("user.name");
      }
    }
  }
}
