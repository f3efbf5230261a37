package io.lockstep.collective.tcp;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.collective.CollectiveException;
import io.lockstep.collective.testing.CollectiveContract;
import io.lockstep.collective.testing.Memory;
import io.lockstep.collective.testing.Transport;
import io.lockstep.security.TestAuthority;
import io.lockstep.security.TlsFiles;
import io.lockstep.security.TransportSecurity;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The same contract where members prove themselves by certificates and nothing is readable. */
class TlsContractTest extends CollectiveContract {

  private static final Duration TIMEOUT = Duration.ofSeconds(20);

  @TempDir private static Path folder;
  private static TestAuthority ours;
  private static TransportSecurity security;

  private final Memory memory = Memory.onHost();

  @BeforeAll
  static void issueCertificates() throws Exception {
    ours = TestAuthority.create(folder, "ours");
    security = TransportSecurity.of(ours.local("worker"));
  }

  @AfterAll
  static void close() {
    security.close();
  }

  private static PeerTls tls(TransportSecurity of) {
    return new PeerTls(of.peerServer(), of.peerClient());
  }

  @Override
  protected Transport transport() {
    return Transport.tls(tls(security));
  }

  @Override
  protected Memory memory() {
    return memory;
  }

  /** What the dialling side hears when the other side has this listener. */
  private static String refusal(Optional<PeerTls> listening, Optional<PeerTls> dialling)
      throws Exception {
    try (TcpListener zero = TcpListener.open("127.0.0.1", 0, listening);
        TcpListener one = TcpListener.open("127.0.0.1", 0, dialling)) {
      List<Peer> peers =
          List.of(
              new Peer(0, "zero", "127.0.0.1", zero.port()),
              new Peer(1, "one", "127.0.0.1", one.port()));
      CompletableFuture<Void> waiting =
          CompletableFuture.runAsync(
              () -> TcpCollective.connect(zero, "t", 1, 0, peers, TIMEOUT, TcpOptions.standard()));
      CollectiveException refused =
          assertThrows(
              CollectiveException.class,
              () -> TcpCollective.connect(one, "t", 1, 1, peers, TIMEOUT, TcpOptions.standard()));
      zero.advanceTo(2, "the test is over");
      assertThrows(ExecutionException.class, waiting::get);
      return String.valueOf(refused.getMessage());
    }
  }

  @Test
  void whoHasNoCertificateOfTheAuthorityIsNoMember() throws Exception {
    TestAuthority theirs = TestAuthority.create(folder, "theirs");
    TlsFiles stranger = theirs.local("stranger");
    TlsFiles impostor =
        new TlsFiles(stranger.certificate(), stranger.key(), ours.trust().authorities());
    try (TransportSecurity their = TransportSecurity.of(impostor)) {
      String refused = refusal(Optional.of(tls(security)), Optional.of(tls(their)));
      assertTrue(refused.contains("zero at 127.0.0.1"), refused);
      String unbelieved = refusal(Optional.of(tls(their)), Optional.of(tls(security)));
      assertTrue(unbelieved.contains("isn't signed by an authority"), unbelieved);
    }
  }

  @Test
  void plainTextAndTlsDoNotMeet() throws Exception {
    String plain = refusal(Optional.empty(), Optional.of(tls(security)));
    assertTrue(plain.contains("zero at 127.0.0.1"), plain);
    String encrypted = refusal(Optional.of(tls(security)), Optional.empty());
    assertTrue(encrypted.contains("zero at 127.0.0.1"), encrypted);
  }
}
