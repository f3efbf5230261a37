package io.lockstep.security;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Real connections between a server and clients with and without the right certificates. */
@Timeout(60)
class TransportSecurityTest {

  @TempDir private Path folder;
  private TestAuthority ours;
  private TestAuthority theirs;

  @BeforeEach
  void createAuthorities() throws Exception {
    ours = TestAuthority.create(folder, "ours");
    theirs = TestAuthority.create(folder, "theirs");
  }

  private static Server serve(TransportSecurity tls, boolean clientCertificates) throws Exception {
    return NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
        .sslContext(tls.grpcServer(clientCertificates))
        .addService(new HealthStatusManager().getHealthService())
        .build()
        .start();
  }

  /** Why a call fails; empty if it doesn't. */
  private static String failure(NettyChannelBuilder builder) throws InterruptedException {
    ManagedChannel channel = builder.build();
    try {
      HealthGrpc.newBlockingStub(channel)
          .withDeadlineAfter(20, TimeUnit.SECONDS)
          .check(HealthCheckRequest.getDefaultInstance());
      return "";
    } catch (StatusRuntimeException e) {
      return HandshakeFailure.explain(e).orElse("no TLS: " + e);
    } finally {
      channel.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
    }
  }

  private static String failure(TlsFiles client, int port) throws InterruptedException {
    try (TransportSecurity tls = TransportSecurity.of(client)) {
      return failure(
          new ClientSecurity(Optional.of(tls), Optional.empty()).channel(Endpoint.local(port)));
    }
  }

  @Test
  void aServerIsBelievedByItsAuthorityAndItsName() throws Exception {
    try (TransportSecurity tls = TransportSecurity.of(ours.local("server"))) {
      Server server = serve(tls, false);
      assertEquals("", failure(ours.trust(), server.getPort()));
      assertTrue(
          failure(theirs.trust(), server.getPort()).contains("isn't signed by an authority"));
      server.shutdownNow();
    }
    try (TransportSecurity tls = TransportSecurity.of(ours.other("elsewhere.example"))) {
      Server server = serve(tls, false);
      assertTrue(failure(ours.trust(), server.getPort()).contains("is for other names"));
      server.shutdownNow();
    }
  }

  @Test
  void clientsNeedACertificateOfTheAuthorityWhereTheyAreAskedForOne() throws Exception {
    try (TransportSecurity tls = TransportSecurity.of(ours.local("server"))) {
      Server server = serve(tls, true);
      assertEquals("", failure(ours.local("client"), server.getPort()));
      assertFalse(failure(ours.trust(), server.getPort()).isEmpty());
      TlsFiles stranger =
          new TlsFiles(
              theirs.local("stranger").certificate(),
              theirs.local("stranger").key(),
              ours.trust().authorities());
      assertFalse(failure(stranger, server.getPort()).isEmpty());
      server.shutdownNow();
    }
  }

  @Test
  void olderProtocolsAreRefused() throws Exception {
    try (TransportSecurity tls = TransportSecurity.of(ours.local("server"))) {
      Server server = serve(tls, false);
      String refused =
          failure(
              NettyChannelBuilder.forAddress("127.0.0.1", server.getPort())
                  .sslContext(
                      GrpcSslContexts.forClient()
                          .trustManager(ours.certificate().toFile())
                          .protocols("TLSv1.2")
                          .build()));
      assertEquals("it doesn't speak TLS 1.3", refused);
      server.shutdownNow();
    }
  }

  @Test
  void aPlainServerIsToldApart() throws Exception {
    Server plain =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .addService(new HealthStatusManager().getHealthService())
            .build()
            .start();
    assertTrue(failure(ours.trust(), plain.getPort()).contains("it speaks plain text"));
    plain.shutdownNow();
  }

  @Test
  void replacedFilesAreTakenAndBrokenOnesAreNot() throws Exception {
    TlsFiles files = ours.local("server");
    try (TransportSecurity tls = TransportSecurity.of(files)) {
      Server server = serve(tls, false);
      Instant later = Instant.now().plusSeconds(60);
      Path certificate = files.certificate().orElseThrow();
      Path key = files.key().orElseThrow();
      // Written one after the other: between the two nothing fits, and the first still serves.
      TlsFiles next = theirs.local("server");
      Files.copy(
          next.certificate().orElseThrow(),
          certificate,
          java.nio.file.StandardCopyOption.REPLACE_EXISTING);
      Files.setLastModifiedTime(certificate, FileTime.from(later));
      tls.look();
      assertEquals("", failure(ours.trust(), server.getPort()));
      Files.copy(next.key().orElseThrow(), key, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
      Files.setLastModifiedTime(key, FileTime.from(later));
      tls.look();
      assertEquals("", failure(theirs.trust(), server.getPort()));
      server.shutdownNow();
    }
  }

  @Test
  void whatCannotBeUsedIsNamedBeforeAnythingStarts() throws Exception {
    refuses(ours.expired("old"), "has expired on");
    TlsFiles one = ours.local("one");
    TlsFiles two = ours.local("two");
    refuses(
        new TlsFiles(one.certificate(), two.key(), one.authorities()),
        "is not that of the certificate");
    Path old = Files.writeString(folder.resolve("rsa.pem"), "-----BEGIN RSA PRIVATE KEY-----\n");
    refuses(
        new TlsFiles(one.certificate(), Optional.of(old), Optional.empty()),
        "openssl pkcs8 -topk8");
    Path none = folder.resolve("none.pem");
    refuses(
        new TlsFiles(one.certificate(), Optional.of(none), Optional.empty()),
        "none.pem can't be read");
    refuses(new TlsFiles(one.key(), one.key(), Optional.empty()), "is no certificate");
    CredentialException keyless =
        assertThrows(
            CredentialException.class,
            () -> new TlsFiles(one.certificate(), Optional.empty(), Optional.empty()));
    assertTrue(String.valueOf(keyless.getMessage()).contains("--tls-key"));
  }

  private static void refuses(TlsFiles files, String words) {
    CredentialException refused =
        assertThrows(CredentialException.class, () -> TransportSecurity.of(files).close());
    String message = String.valueOf(refused.getMessage());
    assertTrue(message.contains(words), message);
  }
}
