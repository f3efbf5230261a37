package io.lockstep.cli.command.coordinator;

import io.lockstep.cli.command.EndpointConverter;
import io.lockstep.cli.rpc.CoordinatorClient;
import io.lockstep.client.Endpoint;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code lockstep coordinator drain}. */
@Command(name = "drain", description = "Ends a run after a checkpoint at the next step boundary.")
final class CoordinatorDrainCommand implements Callable<Integer> {

  @Option(
      names = "--coordinator",
      required = true,
      paramLabel = "HOST:PORT",
      description = "Where the coordinator listens.")
  private Endpoint coordinator = EndpointConverter.UNREAD;

  @Override
  public Integer call() {
    try (CoordinatorClient client = new CoordinatorClient(coordinator)) {
      System.out.printf(
          "draining: the last checkpoint holds at least %d steps%n", client.drain(user()));
    }
    return 0;
  }

  private static String user() {
    try {
      return System.getProperty("user.name") + "@" + InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException nameless) {
      return System.getProperty("user.name");
    }
  }
}
