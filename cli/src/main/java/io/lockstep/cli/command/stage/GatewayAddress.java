package io.lockstep.cli.command.stage;

import io.lockstep.cli.command.EndpointConverter;
import io.lockstep.cli.command.TlsOptions;
import io.lockstep.cli.command.TokenOption;
import io.lockstep.client.ClientOptions;
import io.lockstep.client.GatewayClient;
import io.lockstep.security.Endpoint;
import java.io.IOException;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The gateway that is asked, and who asks. */
final class GatewayAddress {

  @Option(
      names = "--gateway",
      required = true,
      paramLabel = "HOST:PORT",
      description = "Where the gateway listens.")
  private Endpoint endpoint = EndpointConverter.UNREAD;

  @Mixin private TlsOptions tls = new TlsOptions();

  @Mixin private TokenOption token = new TokenOption();

  GatewayClient connect() throws IOException {
    return GatewayClient.connect(endpoint, ClientOptions.DEFAULT.withSecurity(token.with(tls)));
  }
}
