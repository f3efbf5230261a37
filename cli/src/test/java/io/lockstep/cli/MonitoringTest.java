package io.lockstep.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.lockstep.operations.DocumentedMetrics;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Alert rules and dashboard: what they name exists, and somebody who is called knows what to do.
 */
class MonitoringTest {

  private static final Path FOLDER = Path.of("..", "k8s", "monitoring");
  private static final Path ALERTS = FOLDER.resolve("alerts.yaml");
  private static final Pattern METRIC = Pattern.compile("\\blockstep_[a-z0-9_]+");
  private static final Pattern ALERT = Pattern.compile("(?m)^ +- alert: (\\w+)$");

  private static Set<String> found(Pattern pattern, int group, String text) {
    Set<String> found = new TreeSet<>();
    Matcher matcher = pattern.matcher(text);
    while (matcher.find()) {
      found.add(matcher.group(group));
    }
    return found;
  }

  /** Metrics that are not documented. */
  private static Set<String> unknown(String expressions) throws IOException {
    Set<String> listed = DocumentedMetrics.listed();
    Set<String> unknown = found(METRIC, 0, expressions);
    unknown.removeIf(name ->
        listed.contains(name) || listed.contains(name.replaceFirst("_(bucket|sum|count)$", "")));
    return unknown;
  }

  @ParameterizedTest
  @ValueSource(strings = {"alerts.yaml", "alerts_test.yaml", "dashboard.json"})
  void everyMetricIsDocumented(String file) throws IOException {
    String text = Files.readString(FOLDER.resolve(file));
    assertFalse(found(METRIC, 0, text).isEmpty());
    assertEquals(Set.of(), unknown(text));
    assertEquals(Set.of("lockstep_worker_stepz"), unknown(text + " lockstep_worker_stepz "));
  }

  @Test
  void everyMetricHasAPanelOnTheDashboard() throws IOException {
    Set<String> shown = found(METRIC, 0, Files.readString(FOLDER.resolve("dashboard.json")));
    List<String> missing =
        DocumentedMetrics.listed().stream()
            .filter(
                name -> Stream.of("", "_bucket").noneMatch(suffix -> shown.contains(name + suffix)))
            .filter(name -> !name.equals("lockstep_coordinator_checkpoint_interval_steps"))
            .toList();
    assertEquals(List.of(), missing);
  }

  @Test
  void everyAlertHasAnEntryInTheRunbookAndNoOtherDoes() throws IOException {
    String runbook = Files.readString(Path.of("..", "docs", "operations.md"));
    Set<String> alerts = found(ALERT, 1, Files.readString(ALERTS));
    assertFalse(alerts.isEmpty());
    assertEquals(alerts, found(Pattern.compile("(?m)^### (Lockstep\\w+)$"), 1, runbook));
    for (String entry : runbook.split("(?m)^### Lockstep", -1)) {
      if (alerts.contains("Lockstep" + entry.lines().findFirst().orElse(""))) {
        for (String part : List.of("- **Means**: ", "- **Look at**: ", "- **Do**: ")) {
          assertTrue(entry.contains(part), () -> "no '" + part + "' in " + entry);
        }
      }
    }
  }

  @Test
  void everyAlertIsTriedOut() throws IOException {
    Set<String> alerts = found(ALERT, 1, Files.readString(ALERTS));
    Set<String> tried =
        found(
            Pattern.compile("alertname: (\\w+)\\n +exp_alerts:\\n"),
            1,
            Files.readString(FOLDER.resolve("alerts_test.yaml")));
    assertEquals(alerts, tried);
  }

  @Test
  void panelsHaveTheirPlacesAndQueries() throws IOException {
    JsonNode dashboard = new ObjectMapper().readTree(FOLDER.resolve("dashboard.json").toFile());
    Set<Integer> ids = new TreeSet<>();
    for (JsonNode panel : dashboard.get("panels")) {
      String title = panel.get("title").textValue();
      assertTrue(ids.add(panel.get("id").intValue()), title);
      JsonNode place = panel.get("gridPos");
      assertTrue(place.get("x").intValue() + place.get("w").intValue() <= 24, title);
      if (!panel.get("type").textValue().equals("row")) {
        assertFalse(panel.get("targets").isEmpty(), title);
        panel.get("targets").forEach(target -> assertTrue(target.hasNonNull("expr"), title));
      }
    }
  }

  /** Rules are evaluated by Prometheus' own tool, where it is installed. */
  @Test
  void prometheusEvaluatesTheRulesAsTheirTestsSay() throws Exception {
    assumeTrue(isInstalled(), "promtool is not installed: apt-get install prometheus");
    promtool("check", "rules", "alerts.yaml");
    promtool("test", "rules", "alerts_test.yaml");
  }

  private static boolean isInstalled() {
    return Stream.of(System.getenv().getOrDefault("PATH", "").split(":", -1))
        .anyMatch(folder -> Files.isExecutable(Path.of(folder, "promtool")));
  }

  private static void promtool(String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of("promtool"));
    command.addAll(List.of(arguments));
    Process process =
        new ProcessBuilder(command).directory(FOLDER.toFile()).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), said);
  }
}
