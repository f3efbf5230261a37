package io.lockstep.operations;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.security.AcceptedTokens;
import io.lockstep.security.BearerToken;
import io.lockstep.security.ListenAddress;
import io.lockstep.security.Scope;
import io.lockstep.security.ServerSecurity;
import io.lockstep.security.TestAuthority;
import io.lockstep.security.TransportSecurity;
import io.prometheus.metrics.core.metrics.Counter;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class OperationsServerTest {

  private final HttpClient http = HttpClient.newHttpClient();
  private final ProcessRegistry metrics = new ProcessRegistry("worker", Optional.empty());
  private volatile Health.Condition ready = Health.Condition.bad("loading the model");

  @TempDir private Path folder;

  private final Health health =
      new Health() {
        @Override
        public Condition started() {
          return Condition.good("started");
        }

        @Override
        public Condition ready() {
          return ready;
        }

        @Override
        public Condition live() {
          return Condition.good("computing step 3");
        }
      };

  private OperationsServer start(ServerSecurity security) throws IOException {
    Page page =
        (path, query) -> {
          if (path.equals("broken")) {
            throw new IOException("secret reason");
          }
          return Page.Content.html("<p>" + path + " " + query + "</p>");
        };
    return OperationsServer.start(
        new ListenAddress("127.0.0.1", 0, false, security), health, metrics, Map.of("/", page));
  }

  private HttpResponse<String> get(OperationsServer server, String path, String... headers)
      throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  @Test
  void probesSayHowTheProcessIsAndWhy() throws Exception {
    try (OperationsServer server = start(ServerSecurity.NONE)) {
      assertEquals(200, get(server, "/startupz").statusCode());
      assertEquals("computing step 3\n", get(server, "/livez").body());
      assertEquals(503, get(server, "/readyz").statusCode());
      assertEquals("loading the model\n", get(server, "/readyz").body());
      ready = Health.Condition.good("serving");
      assertEquals(200, get(server, "/readyz").statusCode());
    }
  }

  @Test
  void metricsAreThoseOfTheRegistry() throws Exception {
    Counter steps =
        Counter.builder().name("lockstep_steps_total").help("Steps.").register(metrics.registry());
    steps.inc(7);
    try (OperationsServer server = start(ServerSecurity.NONE)) {
      HttpResponse<String> answer = get(server, "/metrics");
      assertTrue(answer.body().contains("lockstep_steps_total 7.0"), answer.body());
      assertTrue(answer.headers().firstValue("content-type").orElse("").startsWith("text/plain"));
    }
  }

  @Test
  void pagesAreAnsweredWithTheirPathAndNothingIsChanged() throws Exception {
    try (OperationsServer server = start(ServerSecurity.NONE)) {
      HttpResponse<String> answer = get(server, "/run/a%20b?from=1&to=x%26y");
      assertEquals("<p>run/a b {from=1, to=x&y}</p>", answer.body());
      assertTrue(
          answer.headers().firstValue("content-security-policy").orElse("").contains("'self'"));
      HttpResponse<String> broken = get(server, "/broken");
      assertEquals(500, broken.statusCode());
      assertTrue(!broken.body().contains("secret"), broken.body());
      HttpRequest post =
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + "/"))
              .POST(HttpRequest.BodyPublishers.ofString("x"))
              .build();
      assertEquals(405, http.send(post, HttpResponse.BodyHandlers.ofString()).statusCode());
    }
  }

  @Test
  void probesAskForNoTokenAndTheRestDoes() throws Exception {
    String token = BearerToken.random();
    Path tokens =
        Files.writeString(
            folder.resolve("tokens"), AcceptedTokens.line(Set.of(Scope.INFER), "*", token));
    ServerSecurity security =
        new ServerSecurity(Optional.empty(), false, Optional.of(AcceptedTokens.of(tokens)));
    try (OperationsServer server = start(security)) {
      assertEquals(200, get(server, "/livez").statusCode());
      assertEquals(401, get(server, "/metrics").statusCode());
      assertEquals(401, get(server, "/", "Authorization", "Bearer " + token + "x").statusCode());
      assertEquals(401, get(server, "/", "Authorization", "Basic !").statusCode());
      assertEquals(200, get(server, "/metrics", "Authorization", "Bearer " + token).statusCode());
      String pair =
          Base64.getEncoder().encodeToString(("me:" + token).getBytes(StandardCharsets.UTF_8));
      assertEquals(200, get(server, "/", "Authorization", "Basic " + pair).statusCode());
    }
  }

  @Test
  void withoutTokensACertificateIsAskedForWhereClientsHaveThem() throws Exception {
    TestAuthority ours = TestAuthority.create(folder, "ours");
    try (TransportSecurity tls = TransportSecurity.of(ours.local("server"));
        TransportSecurity client = TransportSecurity.of(ours.local("client"));
        OperationsServer server =
            start(new ServerSecurity(Optional.of(tls), true, Optional.empty()))) {
      assertEquals(200, status(server, "/livez", new KeyManager[0], client));
      assertEquals(401, status(server, "/metrics", new KeyManager[0], client));
      KeyManager[] own = {client.keys()};
      assertEquals(200, status(server, "/metrics", own, client));
    }
  }

  private static int status(
      OperationsServer server, String path, KeyManager[] keys, TransportSecurity trust)
      throws Exception {
    SSLContext context = SSLContext.getInstance("TLSv1.3");
    context.init(keys, new TrustManager[] {trust.clients()}, null);
    try (HttpClient https = HttpClient.newBuilder().sslContext(context).build()) {
      URI uri = URI.create("https://127.0.0.1:" + server.port() + path);
      return https
          .send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.discarding())
          .statusCode();
    }
  }

  @Test
  void whatIsNoRequestEndsItsConnectionAndIsCounted() throws Exception {
    try (OperationsServer server = start(ServerSecurity.NONE)) {
      String[] speeches = {
        "",
        "GET",
        "\u0016\u0003\u0001 no such thing\r\n\r\n",
        "GET /%zz HTTP/1.1\r\n\r\n",
        "x".repeat(20_000)
      };
      for (String speech : speeches) {
        try (Socket stranger = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
          stranger.getOutputStream().write(speech.getBytes(StandardCharsets.ISO_8859_1));
        }
      }
      String count = "lockstep_worker_http_dropped_connections_total " + speeches.length + ".0";
      String told = get(server, "/metrics").body();
      while (!told.contains(count)) {
        told = get(server, "/metrics").body();
      }
      assertEquals(200, get(server, "/livez").statusCode());
    }
  }

  @Test
  void aConnectionIsKeptForFurtherRequestsAndHeadHasNoBody() throws Exception {
    try (OperationsServer server = start(ServerSecurity.NONE);
        Socket client = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
      String request = " /livez HTTP/1.1\r\nHost: localhost\r\n";
      BufferedReader in =
          new BufferedReader(
              new InputStreamReader(client.getInputStream(), StandardCharsets.ISO_8859_1));
      OutputStream out = client.getOutputStream();
      out.write(("HEAD" + request + "\r\n").getBytes(StandardCharsets.ISO_8859_1));
      assertEquals("HTTP/1.1 200 OK", in.readLine());
      while (!in.readLine().isEmpty()) {
        // Its headers.
      }
      out.write(
          ("GET" + request + "Connection: close\r\n\r\n").getBytes(StandardCharsets.ISO_8859_1));
      List<String> answer = in.lines().toList();
      assertEquals("HTTP/1.1 200 OK", answer.getFirst());
      assertEquals("computing step 3", answer.getLast());
    }
  }

  @Test
  void overTlsPlainTextIsNotAnswered() throws Exception {
    TestAuthority ours = TestAuthority.create(folder, "ours");
    try (TransportSecurity tls = TransportSecurity.of(ours.local("server"));
        OperationsServer server =
            start(new ServerSecurity(Optional.of(tls), false, Optional.empty()));
        Socket plain = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
      plain
          .getOutputStream()
          .write("GET /livez HTTP/1.0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      String answer =
          new String(plain.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
      assertTrue(!answer.contains("computing"), answer);
    }
  }
}
