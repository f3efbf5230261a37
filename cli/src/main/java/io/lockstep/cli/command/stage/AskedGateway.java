package io.lockstep.cli.command.stage;

import io.lockstep.cli.command.DecodingArguments;
import io.lockstep.client.AnswerSettings;
import io.lockstep.client.GatewayClient;
import java.io.IOException;
import picocli.CommandLine.Mixin;

/** The gateway that is asked, and how it is to answer. */
final class AskedGateway {

  @Mixin private GatewayAddress address = new GatewayAddress();

  @Mixin private DecodingArguments decoding = new DecodingArguments();

  GatewayClient connect() throws IOException {
    return address.connect();
  }

  AnswerSettings settings(GatewayClient client) throws IOException {
    return decoding.settings(client);
  }
}
