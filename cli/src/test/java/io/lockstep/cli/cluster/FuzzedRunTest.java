package io.lockstep.cli.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.cli.fuzz.PortFuzzer;
import io.lockstep.cli.fuzz.Recorder;
import io.lockstep.cli.fuzz.Speeches;
import io.lockstep.client.GatewayClient;
import io.lockstep.security.TestAuthority;
import io.lockstep.security.TlsFiles;
import io.lockstep.security.TransportSecurity;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Strangers on every port of a run while it trains: {@code mvn verify -Pfuzz -Dfuzz.minutes=60}.
 * Runs follow each other, in turns in plain text, where everybody may say anything, and over TLS
 * with tokens, until each port was attacked for so long; each has to end with the weights of one
 * that nobody disturbed. Seeds are printed: {@code -Dfuzz.seed=N} repeats them.
 */
@Tag("fuzz")
class FuzzedRunTest {

  private static final double MINUTES = Double.parseDouble(System.getProperty("fuzz.minutes", "1"));
  private static final int STEPS = Integer.getInteger("fuzz.steps", 400);
  private static final long SEED = Long.getLong("fuzz.seed", System.nanoTime());
  private static final Duration PATIENCE = Duration.ofMinutes(30);
  private static final Pattern FAILURES =
      Pattern.compile("(?m)^.* ERROR .*$|^error: .*$|^\\tat .*$|^SEVERE.*$");

  /** Files that a process may have open at the end, strangers or not. */
  private static final double MOST_FILES = 700;

  @TempDir private Path folder;

  private final Map<String, Speeches> speeches = new LinkedHashMap<>();

  @Test
  void aRunAmongStrangersEndsWithTheWeightsOfAnUndisturbedOne() throws Exception {
    TinyRun tiny = TinyRun.create(folder);
    Path recipe = tiny.recipe("fuzzed.yaml", tiny.data().resolve("train.jsonl"), STEPS);
    Files.writeString(
        recipe,
        "cluster: {max_workers: 2}\n"
            + Files.readString(recipe)
                .replace("max_steps", "save_strategy: steps, save_steps: 50, max_steps"));
    String expected = undisturbed(recipe);
    double minutes = 0;
    for (int round = 0; minutes < MINUTES; round++) {
      boolean secured = round % 2 == 1;
      System.out.printf(
          "round %d%s, seed %d%n", round, secured ? " over TLS" : " in plain text", SEED + round);
      long begun = System.nanoTime();
      try (World world = new World(recipe, "round-" + round, secured, SEED + round)) {
        world.awaitEnd();
        world.requireSound(expected);
      }
      minutes += (System.nanoTime() - begun) / 60e9;
    }
  }

  private String undisturbed(Path recipe) throws Exception {
    String[] command = {"train", "--config", recipe.toString(), "--workers", "1", "--out", "alone"};
    try (Launched train = Launched.start(folder, command)) {
      assertTrue(train.process().waitFor(PATIENCE.toMinutes(), TimeUnit.MINUTES));
      return train.succeeded().lastLine().replace("weights ", "");
    }
  }

  private Speeches speeches(String port) {
    return speeches.computeIfAbsent(
        port,
        name ->
            new Speeches()
                .withRequest("GET", "/metrics", "Authorization: Bearer x\r\n", "")
                .withRequest("GET", "/live?a=b&c", "Cookie: a=b\r\n", "")
                .withRequest("GET", "/logs/../../etc/passwd", "", "")
                .withRequest(
                    "POST",
                    "/lockstep.inference.v1.Inference/Chat",
                    "Content-Type: application/json\r\n",
                    "{\"messages\":[{\"role\":\"ROLE_USER\",\"contents\":[{\"text\":\"hello\"}]}],\"decoding\":{\"maxNewTokens\":4}}"));
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  /** A run of two workers with a gateway that follows it, and a stranger on each of its ports. */
  private final class World implements AutoCloseable {
    private final Path out;
    private final Map<String, Launched> processes = new LinkedHashMap<>();
    private final Map<String, Integer> ports = new LinkedHashMap<>();
    private final List<PortFuzzer> strangers = new ArrayList<>();
    private final List<AutoCloseable> parts = new ArrayList<>();
    private final Optional<SSLContext> intruder;
    private final List<String> serverTls;
    private final List<String> clientTls;

    World(Path recipe, String name, boolean secured, long seed) throws Exception {
      out = folder.resolve(name);
      if (secured) {
        TestAuthority ours = TestAuthority.create(folder, name);
        List<String> tokens = List.of("--tokens", folder.resolve("tokens").toString());
        String token = token(name);
        serverTls = both(options(ours.local("server")), tokens);
        clientTls = both(options(ours.local("client")), List.of("--token", token));
        // A stranger with a certificate gets as far as to be asked for a token.
        intruder = Optional.of(context(ours.local("stranger")));
      } else {
        serverTls = List.of();
        clientTls = List.of();
        intruder = Optional.empty();
      }
      try {
        start(recipe);
        attack(seed);
        if (!secured) {
          recordGateway();
        }
      } catch (Exception | Error e) {
        close();
        throw e;
      }
    }

    private void start(Path recipe) throws Exception {
      Recorder toCoordinator = recorder("coordinator");
      ports.put("coordinator", freePort());
      toCoordinator.to(ports.get("coordinator"));
      launch(
          "coordinator",
          both(
              List.of(
                  "coordinator",
                  "start",
                  "--config",
                  recipe.toString(),
                  "--workers",
                  "2",
                  "--out",
                  out.toString(),
                  "--stay"),
              serverTls));
      for (int rank = 0; rank < 2; rank++) {
        String name = "worker-" + rank;
        ports.put(name, freePort());
        launch(
            name,
            both(
                List.of(
                    "worker",
                    "start",
                    "--stay",
                    "--name",
                    name,
                    "--coordinator",
                    "127.0.0.1:" + toCoordinator.port(),
                    "--advertise",
                    "127.0.0.1:" + recorder(name).to(ports.get(name)).port()),
                clientTls));
      }
      ports.put("gateway", freePort());
      launch(
          "gateway",
          both(
              List.of("gateway", "start", "--coordinator", "127.0.0.1:" + toCoordinator.port()),
              gatewayTls()));
      processes.get("coordinator").awaitLine("training: training");
      processes.get("gateway").awaitLine("gateway listens");
    }

    /** A gateway is a server with a certificate, and follows as a client with a token. */
    private List<String> gatewayTls() {
      return clientTls.isEmpty()
          ? List.of()
          : both(serverTls, List.of("--token", clientTls.getLast()));
    }

    private Recorder recorder(String port) throws IOException {
      Recorder recorder = new Recorder(speeches(port));
      parts.add(recorder);
      return recorder;
    }

    private void launch(String name, List<String> command) throws Exception {
      Path httpPort = out.resolveSibling(out.getFileName() + "." + name + ".http");
      List<String> whole =
          both(
              command,
              List.of(
                  "--port",
                  ports.get(name).toString(),
                  "--http-port",
                  "0",
                  "--http-port-file",
                  httpPort.toString()));
      Launched launched = Launched.start(folder, whole.toArray(String[]::new));
      processes.put(name, launched);
      parts.add(launched);
      while (!Files.exists(httpPort)) {
        assertFalse(launched.process().waitFor(20, TimeUnit.MILLISECONDS), launched::errors);
      }
      ports.put(name + " http", Integer.parseInt(Files.readString(httpPort).strip()));
    }

    private void recordGateway() throws IOException {
      Recorder between = recorder("gateway").to(ports.get("gateway"));
      try (GatewayClient client = GatewayClient.connect("127.0.0.1:" + between.port())) {
        client.services();
        client.isServing();
        client.awaitServing(PATIENCE);
        client.model();
      }
    }

    private void attack(long seed) {
      ports.forEach((name, port) ->
          strangers.add(
              new PortFuzzer(name, port, speeches(name), intruder, seed + 7L * strangers.size())));
    }

    void awaitEnd() throws Exception {
      Launched coordinator = processes.get("coordinator");
      long end = System.nanoTime() + PATIENCE.toNanos();
      while (!coordinator.out().contains("the run has ended")) {
        assertFalse(coordinator.process().waitFor(1, TimeUnit.SECONDS), () -> told(coordinator));
        assertTrue(System.nanoTime() < end, () -> "not at its end: " + told(coordinator));
      }
      strangers.forEach(PortFuzzer::close);
      strangers.forEach(System.out::println);
    }

    private static String told(Launched process) {
      try {
        return process.out() + process.errors();
      } catch (IOException e) {
        return e.toString();
      }
    }

    /** The weights are the expected ones, everybody lives, nobody failed or keeps what it took. */
    void requireSound(String expected) throws Exception {
      Launched coordinator = processes.get("coordinator");
      assertTrue(
          coordinator.out().contains("finished after %d steps".formatted(STEPS)),
          () -> told(coordinator));
      Path last = out.resolve("checkpoints/step-%08d".formatted(STEPS));
      assertEquals(
          expected,
          Launched.run(folder, "digest", "--checkpoint", last.toString()).succeeded().lastLine());
      for (Map.Entry<String, Launched> each : processes.entrySet()) {
        String name = each.getKey();
        Launched process = each.getValue();
        assertTrue(process.process().isAlive(), () -> name + " has ended: " + told(process));
        List<String> failures =
            FAILURES.matcher(told(process)).results().map(MatchResult::group).limit(20).toList();
        assertEquals(List.of(), failures, name);
        if (serverTls.isEmpty()) {
          metrics(name);
        }
      }
    }

    private void metrics(String name) throws Exception {
      String text =
          new String(
              java.net
                  .URI
                  .create("http://127.0.0.1:%d/metrics".formatted(ports.get(name + " http")))
                  .toURL()
                  .openStream()
                  .readAllBytes(),
              java.nio.charset.StandardCharsets.UTF_8);
      text.lines()
          .filter(line -> line.matches("(lockstep_.*(dropped|refused)|process_open_fds).* .*"))
          .forEach(line -> System.out.println(name + ": " + line));
      double files =
          text.lines()
              .filter(line -> line.startsWith("process_open_fds "))
              .mapToDouble(line -> Double.parseDouble(line.substring("process_open_fds ".length())))
              .findFirst()
              .orElseThrow();
      assertTrue(files < MOST_FILES, () -> name + " has " + files + " open files");
      List<String> dropped =
          text.lines()
              .filter(line -> line.matches("lockstep_\\w+_dropped_connections_total .*"))
              .toList();
      assertEquals(2, dropped.size(), name);
      for (String line : dropped) {
        assertTrue(
            Double.parseDouble(line.substring(line.indexOf(' ') + 1)) > 0,
            () -> name + " has counted no dropped connection: " + line);
      }
    }

    private String token(String name) throws Exception {
      Path file = folder.resolve(name + ".token");
      Launched.run(
              folder,
              "token",
              "--scopes",
              "train,infer",
              "--name",
              "*",
              "--out",
              file.toString(),
              "--accept",
              folder.resolve("tokens").toString())
          .succeeded();
      return file.toString();
    }

    @Override
    public void close() throws Exception {
      strangers.forEach(PortFuzzer::close);
      for (AutoCloseable part : parts.reversed()) {
        part.close();
      }
    }
  }

  private static List<String> both(List<String> first, List<String> second) {
    return Stream.concat(first.stream(), second.stream()).toList();
  }

  private static List<String> options(TlsFiles files) {
    List<String> options = new ArrayList<>();
    files.certificate().ifPresent(file -> options.addAll(List.of("--tls-cert", file.toString())));
    files.key().ifPresent(file -> options.addAll(List.of("--tls-key", file.toString())));
    files.authorities().ifPresent(file -> options.addAll(List.of("--tls-ca", file.toString())));
    return options;
  }

  private static SSLContext context(TlsFiles files) throws Exception {
    TransportSecurity tls = TransportSecurity.of(files);
    SSLContext context = SSLContext.getInstance(TransportSecurity.PROTOCOL);
    context.init(new KeyManager[] {tls.keys()}, new TrustManager[] {tls.clients()}, null);
    return context;
  }
}
