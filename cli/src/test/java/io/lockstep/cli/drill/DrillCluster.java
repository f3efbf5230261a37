package io.lockstep.cli.drill;

import io.lockstep.cli.cluster.TinyRun;
import io.lockstep.coordinator.journal.RunTimeline;
import io.lockstep.security.BearerToken;
import io.lockstep.security.TlsFiles;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/**
 * A cluster of one node on this machine, and a run in it, set up as {@code k8s/README.md} says: the
 * real kubectl, the overlay for processors, secrets by the script, the image that the build makes.
 */
final class DrillCluster implements AutoCloseable {

  /** The tag of the manifests, and one to update to. */
  static final String IMAGE = "lockstep-cpu:0.1.0";

  static final String NEXT_IMAGE = "lockstep-cpu:0.1.1";

  /** Waiting between probes, and before a container starts again, is this much shorter. */
  private static final int HURRY = Integer.getInteger("drill.hurry", 5);

  private static final String NAMESPACE = "lockstep";
  private static final Path K8S = Path.of("..", "k8s").toAbsolutePath().normalize();
  private static final int LOOK_MILLIS = 100;
  private static final long PATIENCE_SECONDS = 1200;

  private final Path folder;
  private final ApiServer server;
  private final Kubelet kubelet;
  private final Kubectl kubectl;
  private final Workloads workloads;
  private final ContainerImage image;
  private final ClusterNames names;
  private final Thread loop;
  private final AtomicReference<Throwable> failure = new AtomicReference<>();
  private volatile boolean closed;

  private DrillCluster(Path folder) throws Exception {
    this.folder = folder;
    image = ContainerImage.unpack(Files.createDirectory(folder.resolve("image")));
    names = new ClusterNames(folder.resolve("hosts"));
    server = new ApiServer();
    workloads = new Workloads(server.objects(), NAMESPACE);
    kubelet =
        new Kubelet(
            server.objects(),
            NAMESPACE,
            folder,
            Map.of(IMAGE, image, NEXT_IMAGE, image),
            names,
            HURRY);
    kubectl = Kubectl.of(folder, server.address());
    loop = Thread.ofPlatform().name("cluster").start(this::look);
  }

  /** Sets a cluster and a run up; neither has begun when this returns. */
  static DrillCluster create(Path folder) throws Exception {
    Programs.require();
    DrillCluster cluster = new DrillCluster(folder);
    cluster.prepare();
    return cluster;
  }

  private void look() {
    while (!closed) {
      try {
        workloads.reconcile();
        kubelet.sync();
        Thread.sleep(LOOK_MILLIS);
      } catch (InterruptedException e) {
        return;
      } catch (IOException | RuntimeException e) {
        if (!closed) {
          failure.set(e);
        }
        return;
      }
    }
  }

  /** Steps 2 and 3 of the README, and what a recipe of one's own needs. */
  private void prepare() throws Exception {
    // What kubectl creates without a file it sends as protobuf.
    Path namespace = folder.resolve("namespace.yaml");
    Files.writeString(
        namespace, kubectl("create", "namespace", NAMESPACE, "--dry-run=client", "-o", "yaml"));
    kubectl("apply", "--validate=false", "-f", namespace.toString());
    kubectl("label", "namespace", NAMESPACE, "pod-security.kubernetes.io/enforce=restricted");
    kubectl("config", "set-context", "--current", "--namespace=" + NAMESPACE);
    Path lockstep = folder.resolve("lockstep");
    Files.writeString(lockstep, "#!/bin/bash\nexec " + String.join(" ", command()) + " \"$@\"\n");
    if (!lockstep.toFile().setExecutable(true)) {
      throw new IOException("no file is executable in " + folder);
    }
    execute(Map.of("LOCKSTEP", lockstep.toString()), K8S.resolve("secrets").toString(), secrets());
    kubectl("apply", "--validate=false", "-f", secrets());
    kubectl("apply", "--validate=false", "-f", K8S.resolve("base/storage.yaml").toString());
    TinyRun.create(kubelet.claim("runs"));
  }

  private String secrets() {
    return folder.resolve("my-secrets").toString();
  }

  /**
   * Applies the overlay with this recipe: it and the name of its run come into the ConfigMaps that
   * the README names.
   */
  void apply(String recipe) throws Exception {
    Path own = Files.createDirectories(folder.resolve("overlay"));
    Files.writeString(own.resolve("drill.yaml"), recipe);
    Files.writeString(
        own.resolve("kustomization.yaml"),
        """
        apiVersion: kustomize.config.k8s.io/v1beta1
        kind: Kustomization
        resources: [%s]
        generatorOptions: {disableNameSuffixHash: true}
        configMapGenerator:
          - {name: recipes, behavior: merge, files: [drill.yaml]}
          - {name: run, behavior: merge, literals: [RUN=drill, RECIPE=drill.yaml]}
        """
            .formatted(own.toRealPath().relativize(K8S.resolve("overlays/cpu").toRealPath())));
    kubectl("apply", "--validate=false", "-k", own.toString());
  }

  String kubectl(String... arguments) throws IOException, InterruptedException {
    return kubectl.run(arguments);
  }

  /** A lockstep command of the image, outside of any pod, with an administrator's token. */
  String lockstep(String... arguments) throws IOException, InterruptedException {
    List<String> words = new ArrayList<>(command());
    words.addAll(List.of(arguments));
    return execute(Map.of(), words.toArray(String[]::new));
  }

  /** Who signs the certificates of all processes. */
  TlsFiles authority() {
    return new TlsFiles(
        Optional.empty(), Optional.empty(), Optional.of(Path.of(secrets(), "ca.crt")));
  }

  /** An administrator's token. */
  BearerToken token() {
    return BearerToken.of(Path.of(secrets(), "admin.token"));
  }

  /** A lockstep command that asks the coordinator. */
  String coordinator(String does) throws IOException, InterruptedException {
    return lockstep(
        "coordinator",
        does,
        "--coordinator",
        "coordinator:7070",
        "--tls-ca",
        secrets() + "/ca.crt",
        "--token",
        secrets() + "/admin.token");
  }

  /** Starts a lockstep command of the image, outside of any pod. */
  Process start(String... arguments) throws IOException {
    List<String> words = new ArrayList<>(command());
    words.addAll(List.of(arguments));
    return new ProcessBuilder(words).directory(folder.toFile()).redirectErrorStream(true).start();
  }

  private List<String> command() throws IOException {
    List<String> words = new ArrayList<>(image.words(new PodFolder(image.root(), List.of())));
    words.add(1, "-Djdk.net.hosts.file=" + names.file());
    return words;
  }

  private String execute(Map<String, String> environment, String... words)
      throws IOException, InterruptedException {
    Path errors = Files.createTempFile(folder, "stderr", ".txt");
    ProcessBuilder builder =
        new ProcessBuilder(words).directory(folder.toFile()).redirectError(errors.toFile());
    builder.environment().putAll(environment);
    Process process = builder.start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new AssertionError(
          "%s ended with %d: %s%s"
              .formatted(
                  words[words.length - 1], process.exitValue(), out, Files.readString(errors)));
    }
    return out;
  }

  /** The run's folder. */
  Path run() throws IOException {
    return kubelet.claim("runs").resolve("drill");
  }

  /** The claim that holds data, model and the run. */
  Path claim() throws IOException {
    return kubelet.claim("runs");
  }

  /** The course of the run so far. */
  RunTimeline timeline() throws IOException {
    return RunTimeline.read(run()).orElseThrow();
  }

  /** A pod that runs at present. */
  PodRun pod(String name) {
    return kubelet.runs().values().stream()
        .filter(each -> each.name().equals(name))
        .reduce((one, other) -> one.ended() ? other : one)
        .orElseThrow(() -> new AssertionError("no pod " + name));
  }

  /** Whether exactly these pods of a set are there, and ready. */
  boolean ready(String set, int pods) {
    List<PodRun> there =
        kubelet.runs().values().stream().filter(each -> each.name().startsWith(set + "-")).toList();
    return there.size() == pods && there.stream().allMatch(PodRun::ready);
  }

  /** Asks the run's page, as an administrator. */
  String page(String path) throws IOException {
    String token = Files.readString(Path.of(secrets(), "admin.token")).strip();
    URI uri = URI.create("https://%s:8080/%s".formatted(pod("coordinator-0").address(), path));
    Probe.Outcome page = Https.get(uri, Duration.ofSeconds(30), token);
    if (!page.good()) {
      throw new AssertionError(uri + ": " + page.text());
    }
    return page.text();
  }

  /** Waits until something is so. */
  void await(String what, Callable<Boolean> so) throws Exception {
    long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (!so.call()) {
      Throwable error = failure.get();
      if (error != null) {
        throw new AssertionError("the cluster failed while it waited for: " + what, error);
      }
      if (System.nanoTime() > until) {
        throw new AssertionError("in vain waited for: " + what + "\n" + told());
      }
      Thread.sleep(LOOK_MILLIS);
    }
  }

  /** What all pods say, for messages. */
  String told() throws IOException {
    StringBuilder text = new StringBuilder();
    for (PodRun run : kubelet.runs().values()) {
      text.append(run.told()).append('\n');
    }
    return text.toString();
  }

  @Override
  public void close() throws IOException {
    closed = true;
    try {
      loop.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    kubelet.close();
    server.close();
  }
}
