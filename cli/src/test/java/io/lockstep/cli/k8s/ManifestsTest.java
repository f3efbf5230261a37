package io.lockstep.cli.k8s;

import static io.lockstep.cli.k8s.Manifests.at;
import static io.lockstep.cli.k8s.Manifests.map;
import static io.lockstep.cli.k8s.Manifests.maps;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.fabric8.kubernetes.api.model.Quantity;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.core.JacksonException;

/** What {@code k8s/} says about processes is true of them, and Kubernetes understands it. */
class ManifestsTest {

  /** What Kustomize makes of each overlay, and a file that is applied by itself. */
  private static final List<String> RENDERED =
      List.of(
          "rendered/cpu.yaml",
          "rendered/gpu.yaml",
          "rendered/cpu-patch-bank.yaml",
          "rendered/jobset.yaml",
          "sample-data.yaml");

  /** Folders of the image, which {@code cli/pom.xml} lays out, and of the GPU image's base. */
  private static final List<String> IMAGE =
      List.of("/app/base-model/", "/app/configs/", "/opt/libtorch/");

  private static final Set<String> PROBES =
      Set.of("startupProbe /startupz", "readinessProbe /readyz", "livenessProbe /livez");

  private static final Pattern PATH = Pattern.compile("(?<![\\w.-])/[\\w./-]+");
  private static final Pattern HEAP = Pattern.compile("-Xmx(\\d+)([mg])");

  /** Beside the heap: threads, classes, and libtorch where it computes. */
  private static final double MOST_HEAP = 0.6;

  @TempDir private Path folder;

  static List<String> rendered() {
    return RENDERED;
  }

  static List<PodContainer> containers() throws IOException {
    List<PodContainer> containers = new ArrayList<>();
    for (String file : RENDERED) {
      containers.addAll(PodContainer.of(file, Manifests.of(file)));
    }
    return containers;
  }

  static List<PodContainer> servers() throws IOException {
    return containers().stream().filter(each -> !each.origin().contains("sample-data")).toList();
  }

  @ParameterizedTest
  @MethodSource("rendered")
  void kubernetesKnowsEveryField(String file) throws IOException {
    SortedMap<String, Map<String, Object>> objects = Manifests.of(file);
    assertFalse(objects.isEmpty());
    objects.values().forEach(StrictModels::check);
  }

  @Test
  void aFieldThatKubernetesDoesNotKnowFails() throws IOException {
    Map<String, Object> worker = Manifests.of("rendered/cpu.yaml").get("StatefulSet worker");
    map(at(worker, "spec", "template", "spec")).put("terminationGraceSeconds", 5);
    JacksonException unknown =
        assertThrows(JacksonException.class, () -> StrictModels.check(worker));
    assertTrue(unknown.getMessage().contains("terminationGraceSeconds"), unknown.getMessage());
  }

  @Test
  void chartAndOverlaysAreTheSameObjects() throws Exception {
    Path chart = Manifests.FOLDER.resolve("chart");
    RenderedChart.write(
        folder,
        Map.of(
            "cpu", chart.resolve("values.yaml"),
            "gpu", chart.resolve("values-gpu.yaml"),
            "cpu-patch-bank", chart.resolve("values-patch-bank.yaml")));
    for (String overlay : List.of("cpu", "gpu", "cpu-patch-bank")) {
      SortedMap<String, Map<String, Object>> helm =
          Manifests.read(Files.readString(folder.resolve(overlay + ".yaml")));
      SortedMap<String, Map<String, Object>> kustomize =
          Manifests.of("rendered/" + overlay + ".yaml");
      assertEquals(kustomize.keySet(), helm.keySet(), overlay);
      kustomize.forEach((name, object) ->
          assertEquals(inOrder(object), inOrder(helm.get(name)), overlay + ": " + name));
    }
  }

  /** An object whose lists of named things are sorted: Kustomize puts what it adds first. */
  private static Object inOrder(Object part) {
    if (part instanceof Map<?, ?> object) {
      return object.entrySet().stream()
          .map(entry -> entry.getKey() + "=" + inOrder(entry.getValue()))
          .sorted()
          .toList();
    }
    if (part instanceof List<?> list) {
      boolean named =
          list.stream().allMatch(each -> each instanceof Map<?, ?> m && m.containsKey("name"));
      Stream<Object> parts = list.stream().map(ManifestsTest::inOrder);
      return named ? parts.map(Object::toString).sorted().toList() : parts.toList();
    }
    return String.valueOf(part);
  }

  /** Where there is a kubectl, that is: what it prints is kept so that others can compare too. */
  @ParameterizedTest
  @CsvSource({
    "overlays/cpu, cpu",
    "overlays/gpu, gpu",
    "overlays/cpu-patch-bank, cpu-patch-bank",
    "jobset, jobset"
  })
  void whatIsRenderedIsUpToDate(String source, String rendered) throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/kubectl")), "no kubectl on this machine");
    Process kubectl =
        new ProcessBuilder(
                "/usr/bin/kubectl", "kustomize", Manifests.FOLDER.resolve(source).toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    String now = new String(kubectl.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, kubectl.waitFor());
    assertEquals(
        Manifests.of("rendered/" + rendered + ".yaml"),
        Manifests.read(now),
        "run: kubectl kustomize k8s/%s > k8s/rendered/%s.yaml".formatted(source, rendered));
  }

  @Test
  void commandLinesAreUnderstood() throws IOException {
    Set<String> commands = new TreeSet<>();
    for (PodContainer container : containers()) {
      commands.add(container.parsed().commandSpec().qualifiedName());
    }
    assertEquals(
        Set.of(
            "lockstep coordinator start",
            "lockstep worker start",
            "lockstep gateway start",
            "lockstep data sample"),
        commands);
  }

  @ParameterizedTest
  @MethodSource("servers")
  void portsAreThoseOfTheCommandLine(PodContainer container) {
    Set<Integer> listened = new LinkedHashSet<>();
    listened.add(container.parsed().matchedOptionValue("--port", 0));
    listened.add(container.parsed().matchedOptionValue("--http-port", 0));
    assertEquals(listened, Set.copyOf(container.ports().values()), container.origin());
    assertFalse(listened.contains(0), container.origin());
  }

  @ParameterizedTest
  @MethodSource("servers")
  void probesAskTheHttpPort(PodContainer container) {
    Set<String> probes = new TreeSet<>();
    for (String probe : List.of("startupProbe", "readinessProbe", "livenessProbe")) {
      Map<String, Object> get = map(at(container.spec(), probe, "httpGet"));
      probes.add(probe + " " + get.get("path"));
      assertEquals("http", get.get("port"), container.origin());
      assertEquals("HTTPS", get.get("scheme"), container.origin());
    }
    assertEquals(PROBES, probes, container.origin());
    assertTrue(container.environment().containsKey("LOCKSTEP_TLS_CERT"), container.origin());
    assertEquals(
        container.parsed().matchedOptionValue("--http-port", 0), container.ports().get("http"));
  }

  /** Services reach what pods listen on, and who calls a service names one of its ports. */
  @ParameterizedTest
  @MethodSource("rendered")
  void servicesLeadToPorts(String file) throws IOException {
    SortedMap<String, Map<String, Object>> objects = Manifests.of(file);
    List<PodContainer> containers = PodContainer.of(file, objects);
    for (Map<String, Object> service : objects.values()) {
      if (service.get("kind").equals("Service")) {
        Object name = at(service, "metadata", "name");
        PodContainer target =
            containers.stream()
                .filter(c -> name.equals(c.spec().get("name")))
                .findFirst()
                .orElseThrow();
        for (Map<String, Object> port : maps(at(service, "spec", "ports"))) {
          assertEquals(port.get("port"), target.ports().get((String) port.get("targetPort")), file);
        }
      }
    }
    for (PodContainer container : containers) {
      for (String argument : container.arguments()) {
        if (argument.startsWith("--coordinator=")) {
          assertEquals("--coordinator=coordinator:7070", argument);
          assertTrue(objects.containsKey("Service coordinator"), file);
        } else if (argument.startsWith("--advertise=")) {
          assertTrue(
              argument.matches("--advertise=(train-worker-0-1|worker-1)\\.worker:7071"), argument);
          assertTrue(objects.containsKey("Service worker"), file);
        }
      }
    }
  }

  /** The build puts there what the manifests take from the image. */
  @Test
  void theImageHasItsFolders() throws IOException {
    String build = Files.readString(Path.of("pom.xml"));
    for (String folder : IMAGE) {
      if (folder.startsWith("/app/")) {
        String into = folder.substring(0, folder.length() - 1);
        String from = ".." + into.substring("/app".length());
        assertTrue(build.contains("<from>%s</from><into>%s</into>".formatted(from, into)), folder);
        assertTrue(Files.isDirectory(Path.of(from)), from);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("containers")
  void filesLieInVolumesOrTheImage(PodContainer container) {
    List<String> texts = new ArrayList<>(container.arguments());
    texts.addAll(container.environment().values());
    for (String text : texts) {
      for (MatchResult path : PATH.matcher(text).results().toList()) {
        assertTrue(container.has(path.group(), IMAGE), container.origin() + ": " + path.group());
      }
    }
    for (Map<String, Object> mount : maps(container.spec().get("volumeMounts"))) {
      assertTrue(
          maps(container.pod().get("volumes")).stream()
              .anyMatch(volume -> volume.get("name").equals(mount.get("name"))),
          container.origin() + ": " + mount);
    }
  }

  /** Nothing is written where the root file system is read-only. */
  @ParameterizedTest
  @MethodSource("containers")
  void podsMayDoLittle(PodContainer container) {
    Map<String, Object> pod = map(at(container.pod(), "securityContext"));
    Map<String, Object> own = map(at(container.spec(), "securityContext"));
    assertEquals(false, container.pod().get("automountServiceAccountToken"), container.origin());
    assertEquals(true, pod.get("runAsNonRoot"), container.origin());
    assertEquals("RuntimeDefault", at(pod, "seccompProfile", "type"), container.origin());
    assertEquals(false, own.get("allowPrivilegeEscalation"), container.origin());
    assertEquals(true, own.get("readOnlyRootFilesystem"), container.origin());
    assertEquals(List.of("ALL"), at(own, "capabilities", "drop"), container.origin());
    assertTrue(container.has("/tmp/x", List.of()), container.origin());
  }

  /** A variable that nothing reads would be a mistake that nobody sees. */
  @Test
  void variablesAreRead() throws IOException {
    Set<String> known =
        new TreeSet<>(Set.of("JDK_JAVA_OPTIONS", "HOME", "PYTORCH_VERSION", "DJL_CACHE_DIR"));
    Pattern name = Pattern.compile("\\b(LOCKSTEP|QWEN3_VL|PYTORCH)_[A-Z_]+\\b");
    try (Stream<Path> sources = Files.walk(Manifests.FOLDER.getParent())) {
      for (Path source :
          sources.filter(path -> path.toString().matches(".*/src/main/java/.*\\.java")).toList()) {
        name.matcher(Files.readString(source)).results().forEach(found -> known.add(found.group()));
      }
    }
    Set<String> unread = new TreeSet<>();
    for (PodContainer container : containers()) {
      Set<String> used = new TreeSet<>(container.references());
      used.addAll(known);
      // One ConfigMap serves all.
      used.addAll(Set.of("RUN", "RECIPE", "WORKERS", "THREADS"));
      container.environment().keySet().stream()
          .filter(variable -> !used.contains(variable))
          .forEach(variable -> unread.add(container.origin() + ": " + variable));
    }
    assertEquals(Set.of(), unread);
  }

  @ParameterizedTest
  @MethodSource("servers")
  void thereIsTimeToEndInOrder(PodContainer container) {
    int grace = (Integer) at(container.pod(), "terminationGracePeriodSeconds");
    int needed =
        switch ((String) container.spec().get("name")) {
          case "worker" -> container.parsed().matchedOptionValue("--leave-seconds", 60);
          case "gateway" ->
              container.parsed().matchedOptionValue("--drain-seconds", 30)
                  + (Integer) at(container.spec(), "lifecycle", "preStop", "sleep", "seconds");
          default -> 60;
        };
    assertTrue(grace >= needed + 10, container.origin() + ": " + grace + " s for " + needed);
  }

  /**
   * A stuck process doesn't end on a signal: the pod's grace would keep it for ten minutes more.
   */
  @ParameterizedTest
  @MethodSource("servers")
  void aStuckProcessIsNotWaitedFor(PodContainer container) {
    int grace = (Integer) at(container.spec(), "livenessProbe", "terminationGracePeriodSeconds");
    assertTrue(grace <= 60, container.origin() + ": " + grace + " s");
  }

  @ParameterizedTest
  @MethodSource("containers")
  void theHeapLeavesRoom(PodContainer container) {
    MatchResult heap =
        HEAP.matcher(String.valueOf(container.environment().get("JDK_JAVA_OPTIONS")))
            .results()
            .findFirst()
            .orElseThrow();
    double bytes =
        Quantity.getAmountInBytes(
                Quantity.parse(heap.group(1) + heap.group(2).toUpperCase(Locale.ROOT) + "i"))
            .doubleValue();
    String limit = (String) at(container.spec(), "resources", "limits", "memory");
    double most = Quantity.getAmountInBytes(Quantity.parse(limit)).doubleValue();
    assertTrue(
        bytes <= MOST_HEAP * most, container.origin() + ": " + heap.group() + " of " + limit);
  }

  /** Secrets that pods mount are those that the script and cert-manager make. */
  @Test
  void secretsAreMade() throws IOException {
    String script = Files.readString(Manifests.FOLDER.resolve("secrets"));
    Set<String> made = new TreeSet<>();
    Pattern.compile("(?m)^(?:secret|certificate) (\\S+) ")
        .matcher(script)
        .results()
        .forEach(found ->
            made.add(
                found.group().startsWith("secret") ? found.group(1) : found.group(1) + "-tls"));
    Set<String> mounted = new TreeSet<>();
    for (PodContainer container : containers()) {
      for (Map<String, Object> volume : maps(container.pod().get("volumes"))) {
        if (volume.containsKey("secret")) {
          mounted.add((String) at(volume, "secret", "secretName"));
        }
      }
    }
    assertEquals(mounted, made);
    String certificates =
        Files.readString(Manifests.FOLDER.resolve("components/cert-manager/certificates.yaml"));
    made.stream()
        .filter(name -> name.endsWith("-tls"))
        .forEach(name -> assertTrue(certificates.contains("secretName: " + name), name));
  }
}
