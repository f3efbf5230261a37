package io.lockstep.security;

import java.nio.file.Path;
import java.util.Optional;

/**
 * The PEM files of a process that speaks TLS.
 *
 * @param certificate its own certificate, with those between it and the authority's; a client may
 *     have none
 * @param key the certificate's private key, PKCS #8
 * @param authorities certificates of those that sign the other side's
 */
public record TlsFiles(Optional<Path> certificate, Optional<Path> key, Optional<Path> authorities) {

  /** No TLS. */
  public static final TlsFiles NONE =
      new TlsFiles(Optional.empty(), Optional.empty(), Optional.empty());

  /**
   * Checks that a certificate comes with its key.
   *
   * @throws CredentialException if one of the two is missing
   */
  public TlsFiles {
    if (certificate.isPresent() != key.isPresent()) {
      throw new CredentialException(
          certificate.isPresent()
              ? "a certificate needs its private key: give --tls-key, too"
              : "a private key needs its certificate: give --tls-cert, too");
    }
  }

  /** Whether any is given. */
  public boolean any() {
    return certificate.isPresent() || authorities.isPresent();
  }
}
