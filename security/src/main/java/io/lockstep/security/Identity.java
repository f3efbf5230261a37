package io.lockstep.security;

import io.grpc.util.CertificateUtils;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;

/**
 * A certificate with its key, checked.
 *
 * @param chain the certificate and those that lead to its authority's
 * @param key its private key
 */
record Identity(List<X509Certificate> chain, PrivateKey key) {

  /**
   * Reads both.
   *
   * @throws CredentialException if they can't be read, don't belong together, or are out of date
   */
  static Identity read(Path certificate, Path key) {
    List<X509Certificate> chain = certificates(certificate);
    requireValid(certificate, chain.getFirst());
    PrivateKey own = key(key);
    requireMatch(certificate, chain.getFirst(), key, own);
    return new Identity(chain, own);
  }

  /** When it ceases to hold. */
  Instant expires() {
    return chain.getFirst().getNotAfter().toInstant();
  }

  /** The certificates in a PEM file, at least one. */
  static List<X509Certificate> certificates(Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      List<X509Certificate> read = List.of(CertificateUtils.getX509Certificates(in));
      if (read.isEmpty()) {
        throw new CredentialException(file + " holds no certificate: it must be a PEM file");
      }
      return read;
    } catch (IOException e) {
      throw new CredentialException(
          "%s can't be read: %s".formatted(file, e.getClass().getSimpleName()), e);
    } catch (GeneralSecurityException e) {
      throw new CredentialException(
          file + " is no certificate: it must be a PEM file, 'BEGIN CERTIFICATE'", e);
    }
  }

  private static PrivateKey key(Path file) {
    try {
      String text = Files.readString(file, StandardCharsets.US_ASCII);
      if (!text.contains("BEGIN PRIVATE KEY")) {
        throw new CredentialException(
            file
                + " is no private key in PKCS #8 without a password ('BEGIN PRIVATE KEY'):"
                + " convert it with 'openssl pkcs8 -topk8 -nocrypt -in OLD -out NEW'");
      }
      try (InputStream in = Files.newInputStream(file)) {
        return CertificateUtils.getPrivateKey(in);
      }
    } catch (IOException e) {
      throw new CredentialException(
          "%s can't be read: %s".formatted(file, e.getClass().getSimpleName()), e);
    } catch (GeneralSecurityException e) {
      throw new CredentialException(file + " is no private key of a known kind", e);
    }
  }

  private static void requireValid(Path file, X509Certificate certificate) {
    Instant now = Instant.now();
    if (now.isAfter(certificate.getNotAfter().toInstant())) {
      throw new CredentialException(
          "the certificate in %s has expired on %s: replace it"
              .formatted(file, certificate.getNotAfter().toInstant()));
    }
    if (now.isBefore(certificate.getNotBefore().toInstant())) {
      throw new CredentialException(
          "the certificate in %s holds from %s on: is this machine's clock right?"
              .formatted(file, certificate.getNotBefore().toInstant()));
    }
  }

  /** Signs something with the one and checks it with the other. */
  private static void requireMatch(
      Path certificate, X509Certificate own, Path file, PrivateKey key) {
    String algorithm =
        switch (key.getAlgorithm()) {
          case "RSA" -> "SHA256withRSA";
          case "EC" -> "SHA256withECDSA";
          default -> key.getAlgorithm();
        };
    boolean match;
    try {
      Signature signature = Signature.getInstance(algorithm);
      signature.initSign(key);
      signature.update(own.getEncoded());
      byte[] signed = signature.sign();
      signature.initVerify(own.getPublicKey());
      signature.update(own.getEncoded());
      match = signature.verify(signed);
    } catch (GeneralSecurityException e) {
      match = false;
    }
    if (!match) {
      throw new CredentialException(
          "the private key in %s is not that of the certificate in %s"
              .formatted(file, certificate));
    }
  }
}
