package io.lockstep.cli.command;

import io.lockstep.cli.rpc.CoordinatorClient;
import io.lockstep.security.ClientSecurity;
import io.lockstep.security.Endpoint;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code --coordinator}: the run that a command is about. */
public final class CoordinatorOption {

  @Option(
      names = "--coordinator",
      required = true,
      paramLabel = "HOST:PORT",
      description = "Where the coordinator listens.")
  private Endpoint endpoint = EndpointConverter.UNREAD;

  @Mixin private TlsOptions tls = new TlsOptions();

  @Mixin private TokenOption token = new TokenOption();

  /** How connections of the command are secured. */
  public ClientSecurity security() {
    return token.with(tls);
  }

  public Endpoint endpoint() {
    return endpoint;
  }

  public CoordinatorClient connect() {
    return new CoordinatorClient(endpoint, security());
  }
}
