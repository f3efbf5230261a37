package io.lockstep.security;

import io.grpc.netty.GrpcSslContexts;
import io.grpc.util.AdvancedTlsX509KeyManager;
import io.grpc.util.AdvancedTlsX509TrustManager;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import javax.net.ssl.SSLException;
import javax.net.ssl.X509ExtendedKeyManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * TLS 1.3 by certificates whose files may be replaced at any time: connections made from then on go
 * by the new ones. A file that can't be used changes nothing, with a warning.
 */
public final class TransportSecurity implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(TransportSecurity.class);

  /** The one version that is spoken. */
  public static final String PROTOCOL = "TLSv1.3";

  private static final Duration LOOK = Duration.ofSeconds(5);

  private final TlsFiles files;
  private final AdvancedTlsX509KeyManager keys;
  private final AdvancedTlsX509TrustManager servers;
  private final AdvancedTlsX509TrustManager clients;
  private final ScheduledExecutorService watch;
  private volatile @Nullable Instant expires;
  private List<Long> versions;

  private TransportSecurity(TlsFiles files) {
    this.files = files;
    try {
      keys = new AdvancedTlsX509KeyManager();
      servers = AdvancedTlsX509TrustManager.newBuilder().build();
      clients =
          AdvancedTlsX509TrustManager.newBuilder()
              .setVerification(
                  AdvancedTlsX509TrustManager.Verification.CERTIFICATE_ONLY_VERIFICATION)
              .build();
    } catch (CertificateException e) {
      throw new IllegalStateException("no certificate has been given yet", e);
    }
    versions = versions();
    load();
    watch =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("certificates").factory());
    var _ =
        watch.scheduleWithFixedDelay(
            this::look, LOOK.toMillis(), LOOK.toMillis(), TimeUnit.MILLISECONDS);
  }

  /**
   * Reads the files, and again whenever they are replaced.
   *
   * @throws CredentialException naming the file that can't be used, and why
   */
  public static TransportSecurity of(TlsFiles files) {
    return new TransportSecurity(files);
  }

  private void load() {
    try {
      if (files.certificate().isPresent()) {
        Identity own = Identity.read(files.certificate().orElseThrow(), files.key().orElseThrow());
        keys.updateIdentityCredentials(own.chain().toArray(X509Certificate[]::new), own.key());
        expires = own.expires();
      }
      if (files.authorities().isPresent()) {
        X509Certificate[] trusted =
            Identity.certificates(files.authorities().get()).toArray(X509Certificate[]::new);
        servers.updateTrustCredentials(trusted);
        clients.updateTrustCredentials(trusted);
      }
    } catch (IOException | GeneralSecurityException e) {
      throw new CredentialException("certificates can't be used: " + e.getMessage(), e);
    }
  }

  void look() {
    List<Long> now = versions();
    if (now.equals(versions)) {
      return;
    }
    try {
      load();
      versions = now;
      LOG.info("certificates were replaced and are read again");
    } catch (CredentialException e) {
      versions = now;
      LOG.warn("{}; the certificates from before stay in use", e.getMessage());
    }
  }

  /** Times of the files, by which a replacement is seen. */
  private List<Long> versions() {
    List<Long> versions = new ArrayList<>();
    for (Optional<Path> file : List.of(files.certificate(), files.key(), files.authorities())) {
      try {
        versions.add(file.isPresent() ? Files.getLastModifiedTime(file.get()).toMillis() : 0);
      } catch (IOException e) {
        versions.add(-1L);
      }
    }
    return versions;
  }

  /** When this process's own certificate ceases to hold; empty if it has none. */
  public Optional<Instant> expires() {
    return Optional.ofNullable(expires);
  }

  /** The key that this process proves itself with. */
  public X509ExtendedKeyManager keys() {
    return keys;
  }

  /** Whom a server believes that asks clients for certificates. */
  public X509ExtendedTrustManager clients() {
    return clients;
  }

  /**
   * For a gRPC server.
   *
   * @param clientCertificates whether clients need a certificate of these authorities
   */
  public SslContext grpcServer(boolean clientCertificates) {
    return built(GrpcSslContexts.configure(server(clientCertificates)));
  }

  /** For gRPC clients; the server's certificate must name the host that is called. */
  public SslContext grpcClient() {
    return built(GrpcSslContexts.configure(client()));
  }

  /** For connections among equals, from the side that is called; both need certificates. */
  public SslContext peerServer() {
    requireBoth();
    return built(server(true));
  }

  /** For connections among equals, from the side that calls. */
  public SslContext peerClient() {
    requireBoth();
    return built(client().endpointIdentificationAlgorithm("HTTPS"));
  }

  private SslContextBuilder server(boolean clientCertificates) {
    if (files.certificate().isEmpty()) {
      throw new CredentialException("a server needs a certificate: give --tls-cert and --tls-key");
    }
    if (clientCertificates && files.authorities().isEmpty()) {
      throw new CredentialException(
          "to check certificates of clients, give the authorities that sign them: --tls-ca");
    }
    UnaryOperator<SslContextBuilder> checked =
        builder -> builder.trustManager(clients).clientAuth(ClientAuth.REQUIRE);
    SslContextBuilder builder = SslContextBuilder.forServer(keys).protocols(PROTOCOL);
    return clientCertificates ? checked.apply(builder) : builder;
  }

  private SslContextBuilder client() {
    if (files.authorities().isEmpty()) {
      throw new CredentialException(
          "to check the server's certificate, give the authorities that sign it: --tls-ca");
    }
    SslContextBuilder builder =
        SslContextBuilder.forClient().trustManager(servers).protocols(PROTOCOL);
    return files.certificate().isPresent() ? builder.keyManager(keys) : builder;
  }

  private void requireBoth() {
    if (files.certificate().isEmpty() || files.authorities().isEmpty()) {
      throw new CredentialException(
          "workers prove themselves to each other: give --tls-cert, --tls-key and --tls-ca");
    }
  }

  private static SslContext built(SslContextBuilder builder) {
    try {
      return builder.build();
    } catch (SSLException e) {
      throw new CredentialException("TLS can't be used: " + e.getMessage(), e);
    }
  }

  @Override
  public void close() {
    watch.shutdownNow();
  }
}
