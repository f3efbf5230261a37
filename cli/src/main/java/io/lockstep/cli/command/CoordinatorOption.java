package io.lockstep.cli.command;

import io.lockstep.cli.rpc.CoordinatorClient;
import io.lockstep.client.Endpoint;
import picocli.CommandLine.Option;

/** {@code --coordinator}: the run that a command is about. */
public final class CoordinatorOption {

  @Option(
      names = "--coordinator",
      required = true,
      paramLabel = "HOST:PORT",
      description = "Where the coordinator listens.")
  private Endpoint endpoint = EndpointConverter.UNREAD;

  public Endpoint endpoint() {
    return endpoint;
  }

  public CoordinatorClient connect() {
    return new CoordinatorClient(endpoint);
  }
}
