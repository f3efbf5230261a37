package io.lockstep.gateway.rpc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.client.AnswerSettings;
import io.lockstep.client.ClientOptions;
import io.lockstep.client.GatewayClient;
import io.lockstep.client.GatewayException;
import io.lockstep.client.RetryPolicy;
import io.lockstep.data.conversation.Conversation;
import io.lockstep.data.conversation.Message;
import io.lockstep.data.conversation.Role;
import io.lockstep.gateway.FakeModel;
import io.lockstep.gateway.GatewayOptions;
import io.lockstep.gateway.GatewayServer;
import io.lockstep.gateway.ModelSource;
import io.lockstep.security.AcceptedTokens;
import io.lockstep.security.BearerToken;
import io.lockstep.security.ClientSecurity;
import io.lockstep.security.Endpoint;
import io.lockstep.security.ListenAddress;
import io.lockstep.security.Scope;
import io.lockstep.security.ServerSecurity;
import io.lockstep.security.TestAuthority;
import io.lockstep.security.TlsFiles;
import io.lockstep.security.TransportSecurity;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A gateway that asks for TLS and tokens, over gRPC and as JSON over HTTP. */
@Timeout(60)
class SecuredGatewayTest {

  private static final Conversation QUESTION =
      new Conversation(List.of(Message.text(Role.USER, "hello")));

  private final String infers = BearerToken.random();
  private final String trains = BearerToken.random();

  @TempDir private Path folder;
  private TestAuthority ours;

  @BeforeEach
  void createAuthority() throws Exception {
    ours = TestAuthority.create(folder, "ours");
  }

  private GatewayServer serve(TransportSecurity tls, boolean clientCertificates)
      throws IOException {
    Path tokens =
        Files.writeString(
            folder.resolve("tokens"),
            AcceptedTokens.line(Set.of(Scope.INFER), "*", infers)
                + "\n"
                + AcceptedTokens.line(Set.of(Scope.TRAIN), "*", trains));
    ServerSecurity security =
        new ServerSecurity(
            Optional.of(tls), clientCertificates, Optional.of(AcceptedTokens.of(tokens)));
    return GatewayServer.start(
        GatewayOptions.of(new ModelSource.Folder(folder))
            .at(new ListenAddress("127.0.0.1", 0, false, security)),
        (path, steps) -> FakeModel.answering(1, prompt -> "answered"));
  }

  /** What a client with these files and this token hears. */
  private String asked(GatewayServer gateway, TlsFiles files, Optional<String> token)
      throws IOException {
    Optional<BearerToken> bearer = Optional.empty();
    if (token.isPresent()) {
      bearer = Optional.of(BearerToken.of(Files.writeString(folder.resolve("token"), token.get())));
    }
    try (TransportSecurity tls = TransportSecurity.of(files);
        GatewayClient client =
            GatewayClient.connect(
                Endpoint.local(gateway.port()),
                ClientOptions.DEFAULT
                    .withRetries(RetryPolicy.NEVER)
                    .withSecurity(new ClientSecurity(Optional.of(tls), bearer)))) {
      return client.chat(QUESTION, AnswerSettings.DEFAULT).text();
    } catch (GatewayException e) {
      return String.valueOf(e.getMessage());
    }
  }

  @Test
  void answersGoToWhoMayAskForThem() throws Exception {
    try (TransportSecurity tls = TransportSecurity.of(ours.local("gateway"));
        GatewayServer gateway = serve(tls, false)) {
      assertEquals("answered", asked(gateway, ours.trust(), Optional.of(infers)));
      String none = asked(gateway, ours.trust(), Optional.empty());
      assertTrue(none.contains("asks for a token: give --token FILE"), none);
      String other = asked(gateway, ours.trust(), Optional.of(trains));
      assertTrue(other.contains("needs the scope 'infer'"), other);
      String wrong = asked(gateway, ours.trust(), Optional.of(BearerToken.random()));
      assertTrue(wrong.contains("doesn't accept the token"), wrong);
      TestAuthority theirs = TestAuthority.create(folder, "theirs");
      String unknown = asked(gateway, theirs.trust(), Optional.of(infers));
      assertTrue(unknown.contains("isn't signed by an authority in --tls-ca"), unknown);
    }
  }

  @Test
  void certificatesOfClientsAreAskedForWhereThatIsMeant() throws Exception {
    try (TransportSecurity tls = TransportSecurity.of(ours.local("gateway"));
        GatewayServer gateway = serve(tls, true)) {
      assertEquals("answered", asked(gateway, ours.local("client"), Optional.of(infers)));
      String without = asked(gateway, ours.trust(), Optional.of(infers));
      assertTrue(!without.equals("answered"), without);
    }
  }

  @Test
  void jsonOverHttpGoesByTheSameTokens() throws Exception {
    try (TransportSecurity tls = TransportSecurity.of(ours.local("gateway"));
        GatewayServer gateway = serve(tls, false)) {
      assertEquals(401, posted(gateway, Optional.empty()).statusCode());
      assertEquals(403, posted(gateway, Optional.of(trains)).statusCode());
      HttpResponse<String> answer = posted(gateway, Optional.of(infers));
      assertEquals(200, answer.statusCode(), answer.body());
      assertTrue(answer.body().contains("answered"), answer.body());
    }
  }

  private HttpResponse<String> posted(GatewayServer gateway, Optional<String> token)
      throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(
                URI.create(
                    "https://127.0.0.1:%d/lockstep.inference.v1.Inference/Chat"
                        .formatted(gateway.port())))
            .header("content-type", "application/json; charset=utf-8")
            .POST(
                HttpRequest.BodyPublishers.ofString(
                    "{\"messages\": [{\"role\": \"ROLE_USER\", \"contents\": [{\"text\": \"hello\"}]}]}"));
    token.ifPresent(text -> request.header("authorization", "Bearer " + text));
    try (HttpClient http = HttpClient.newBuilder().sslContext(trusting()).build()) {
      return http.send(request.build(), BodyHandlers.ofString());
    }
  }

  private SSLContext trusting() throws Exception {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    try (var in = Files.newInputStream(ours.certificate())) {
      store.setCertificateEntry(
          "ours", CertificateFactory.getInstance("X.509").generateCertificate(in));
    }
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(store);
    SSLContext context = SSLContext.getInstance("TLSv1.3");
    context.init(null, trust.getTrustManagers(), null);
    return context;
  }

  @Test
  void aSecuredGatewayMayBeReachedFromOtherMachines() throws Exception {
    try (TransportSecurity tls = TransportSecurity.of(ours.local("gateway"))) {
      ServerSecurity half = new ServerSecurity(Optional.of(tls), false, Optional.empty());
      assertThrows(
          IllegalArgumentException.class,
          () -> new ListenAddress("0.0.0.0", 0, false, half).resolve());
      ServerSecurity both = new ServerSecurity(Optional.of(tls), true, Optional.empty());
      assertEquals(0, new ListenAddress("0.0.0.0", 0, false, both).resolve().getPort());
    }
  }
}
