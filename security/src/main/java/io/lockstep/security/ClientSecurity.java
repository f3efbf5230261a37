package io.lockstep.security;

import io.grpc.netty.NettyChannelBuilder;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Optional;

/**
 * How a client's connections are secured.
 *
 * @param tls the client's TLS; empty for plain text
 * @param token sent with each call
 */
public record ClientSecurity(Optional<TransportSecurity> tls, Optional<BearerToken> token) {

  /** Plain text without a token: for servers of this machine. */
  public static final ClientSecurity NONE = new ClientSecurity(Optional.empty(), Optional.empty());

  /**
   * A builder of channels to a server.
   *
   * @throws CredentialException if a token would be sent in plain text to another machine
   */
  public NettyChannelBuilder channel(Endpoint server) {
    NettyChannelBuilder builder = NettyChannelBuilder.forAddress(server.host(), server.port());
    if (tls.isPresent()) {
      builder.sslContext(tls.get().grpcClient());
    } else {
      builder.usePlaintext();
      if (token.isPresent() && !isLoopback(server.host())) {
        throw new CredentialException(
            "a token isn't sent to %s in plain text, where others could read it: give --tls-ca"
                .formatted(server.host()));
      }
    }
    token.ifPresent(builder::intercept);
    return builder;
  }

  private static boolean isLoopback(String host) {
    try {
      return InetAddress.getByName(host).isLoopbackAddress();
    } catch (UnknownHostException e) {
      return false;
    }
  }
}
