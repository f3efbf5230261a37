package io.lockstep.security;

import java.util.Optional;

/**
 * How a server is secured.
 *
 * @param tls the server's TLS; empty for plain text
 * @param clientCertificates whether clients need a certificate of the server's authorities
 * @param tokens the tokens that are accepted; empty if none is asked for
 */
public record ServerSecurity(
    Optional<TransportSecurity> tls, boolean clientCertificates, Optional<AcceptedTokens> tokens) {

  /** Plain text, open to everybody who reaches it. */
  public static final ServerSecurity NONE =
      new ServerSecurity(Optional.empty(), false, Optional.empty());

  /** Whether it may be reached from other machines: nobody can read along, nor come unasked. */
  boolean isFitForNetworks() {
    return tls.isPresent() && (clientCertificates || tokens.isPresent());
  }
}
