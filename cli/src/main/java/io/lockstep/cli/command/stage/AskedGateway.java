package io.lockstep.cli.command.stage;

import io.lockstep.cli.command.DecodingArguments;
import io.lockstep.cli.command.EndpointConverter;
import io.lockstep.cli.command.TlsOptions;
import io.lockstep.cli.command.TokenOption;
import io.lockstep.client.AnswerSettings;
import io.lockstep.client.ClientOptions;
import io.lockstep.client.GatewayClient;
import io.lockstep.security.Endpoint;
import java.io.IOException;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The gateway that is asked, and how it is to answer. */
final class AskedGateway {

  @Option(
      names = "--gateway",
      required = true,
      paramLabel = "HOST:PORT",
      description = "Where the gateway listens.")
  private Endpoint endpoint = EndpointConverter.UNREAD;

  @Mixin private DecodingArguments decoding = new DecodingArguments();

  @Mixin private TlsOptions tls = new TlsOptions();

  @Mixin private TokenOption token = new TokenOption();

  GatewayClient connect() {
    return GatewayClient.connect(endpoint, ClientOptions.DEFAULT.withSecurity(token.with(tls)));
  }

  AnswerSettings settings(GatewayClient client) throws IOException {
    return decoding.settings(client);
  }
}
