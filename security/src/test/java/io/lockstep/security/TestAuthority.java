package io.lockstep.security;

import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** Signs certificates for tests, as PEM files in a folder. */
public final class TestAuthority {

  private static final Duration HOUR = Duration.ofHours(1);

  private final Path folder;
  private final String name;
  private final X509Bundle authority;

  private TestAuthority(Path folder, String name, X509Bundle authority) {
    this.folder = folder;
    this.name = name;
    this.authority = authority;
  }

  /** A new one, whose files begin with {@code name}. */
  public static TestAuthority create(Path folder, String name) throws Exception {
    X509Bundle authority =
        valid(new CertificateBuilder(), HOUR)
            .subject("CN=" + name)
            .setIsCertificateAuthority(true)
            .buildSelfSigned();
    Files.writeString(folder.resolve(name + ".ca.pem"), authority.getRootCertificatePEM());
    return new TestAuthority(folder, name, authority);
  }

  private static CertificateBuilder valid(CertificateBuilder builder, Duration validity) {
    Instant now = Instant.now();
    return builder.ecp256().notBefore(now.minus(HOUR.multipliedBy(2))).notAfter(now.plus(validity));
  }

  /** Its own certificate. */
  public Path certificate() {
    return folder.resolve(name + ".ca.pem");
  }

  /** The files of somebody who is known as localhost and 127.0.0.1. */
  public TlsFiles local(String who) throws Exception {
    return issue(who, "localhost", "127.0.0.1", HOUR);
  }

  /** The same with a certificate that has expired. */
  public TlsFiles expired(String who) throws Exception {
    return issue(who, "localhost", "127.0.0.1", HOUR.negated());
  }

  /** The files of a host of another name. */
  public TlsFiles other(String host) throws Exception {
    return issue(host, host, "192.0.2.1", HOUR);
  }

  private TlsFiles issue(String who, String host, String address, Duration validity)
      throws Exception {
    X509Bundle issued =
        valid(new CertificateBuilder(), validity)
            .subject("CN=" + who)
            .addSanDnsName(host)
            .addSanIpAddress(address)
            .buildIssuedBy(authority);
    return new TlsFiles(
        Optional.of(write(who + ".cert.pem", issued.getCertificatePathPEM())),
        Optional.of(write(who + ".key.pem", issued.getPrivateKeyPEM())),
        Optional.of(certificate()));
  }

  private Path write(String file, String text) throws IOException {
    return Files.writeString(folder.resolve(name + "." + file), text);
  }

  /** Only what a client without a certificate of its own has. */
  public TlsFiles trust() {
    return new TlsFiles(Optional.empty(), Optional.empty(), Optional.of(certificate()));
  }
}
