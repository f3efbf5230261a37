package io.lockstep.cli.rpc;

import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.lockstep.cli.console.UserError;

/** Where a gRPC server listens. */
public record Endpoint(String host, int port) {

  private static final int MAX_PORT = 65_535;
  private static final int MAX_MESSAGE_BYTES = 256 << 20;

  /** A port on this machine. */
  public static Endpoint local(int port) {
    return new Endpoint("127.0.0.1", port);
  }

  /** Parses {@code HOST:PORT}. */
  public static Endpoint parse(String text) {
    int colon = text.lastIndexOf(':');
    String digits = text.substring(colon + 1);
    if (colon > 0 && digits.matches("[0-9]{1,5}")) {
      int port = Integer.parseInt(digits);
      if (port > 0 && port <= MAX_PORT) {
        return new Endpoint(text.substring(0, colon), port);
      }
    }
    throw new UserError(
        "'%s' is no address: write HOST:PORT, for example 127.0.0.1:7070".formatted(text));
  }

  /** A channel to it, which the caller shuts down. */
  ManagedChannel connect() {
    return NettyChannelBuilder.forAddress(host, port)
        .usePlaintext()
        .maxInboundMessageSize(MAX_MESSAGE_BYTES)
        .build();
  }

  @Override
  public String toString() {
    return host + ":" + port;
  }
}
