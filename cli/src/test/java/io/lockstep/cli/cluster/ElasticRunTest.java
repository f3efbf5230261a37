package io.lockstep.cli.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.lockstep.cli.run.RunFolder;
import io.lockstep.collective.fault.Fault;
import io.lockstep.collective.fault.FaultProxy;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Runs whose processes are killed, stopped, sent away and added: the bits of an undisturbed one.
 */
class ElasticRunTest {

  private static final int STEPS = 40;

  @TempDir private static Path folder;
  private static Path recipe = Path.of("");
  private static String undisturbed = "";

  @BeforeAll
  static void trainUndisturbed() throws Exception {
    TinyRun tiny = TinyRun.create(folder);
    recipe = tiny.recipe("elastic.yaml", tiny.data().resolve("train.jsonl"), STEPS);
    Files.writeString(
        recipe,
        Files.readString(recipe)
                .replace("max_steps", "save_steps: 15, max_steps")
                .replace(
                    "template:",
                    "val_jsonl: " + tiny.data().resolve("heldout.jsonl") + ", template:")
            + "cluster: {heartbeat_millis: 100, timeout_millis: 1000}\n");
    undisturbed = train("one", 1, List.of());
    assertTrue(undisturbed.matches("weights sha256: [0-9a-f]{64}"), undisturbed);
  }

  @Test
  void workersThatLeaveComeAndStandStillChangeNothingAndHoldNobodyUp() throws Exception {
    // 4 -> 2 -> 3 -> 4, one that stands still for three seconds and one beyond the end.
    String weights =
        train(
            "rescaled",
            4,
            List.of(
                "{'at_step': 8, 'process': 'worker-1', 'signal': 'SIGTERM', 'restart_after': 2}",
                "{'at_step': 8, 'process': 'worker-3', 'signal': 'SIGTERM', 'restart_after': 4}",
                "{'at_step': 20, 'process': 'worker-0', 'signal': 'SIGSTOP', 'seconds': 3}",
                "{'at_step': 32, 'process': 'worker-2', 'signal': 'SIGSTOP', 'seconds': 600}"));
    assertEquals(undisturbed, weights);
    List<String> heldOut = heldOutLosses("one");
    assertEquals(3, heldOut.size(), heldOut.toString());
    assertEquals(heldOut, heldOutLosses("rescaled"));
  }

  @Test
  void workersAndACoordinatorThatAreKilledChangeNothing() throws Exception {
    SplittableRandom random = new SplittableRandom(20);
    List<String> kills = new ArrayList<>();
    String[] phases = {"computing", "waiting", "applying"};
    for (int kill = 0; kill < 12; kill++) {
      kills.add(
          "{'at_step': %d, 'phase': '%s', 'process': 'worker-%d', 'restart_after': 0}"
              .formatted(
                  random.nextInt(2, STEPS - 4),
                  phases[random.nextInt(phases.length)],
                  random.nextInt(4)));
    }
    // Before there is a checkpoint, and while one is written.
    for (int step : new int[] {3, 15}) {
      kills.add("{'at_step': %d, 'process': 'coordinator', 'restart_after': 0}".formatted(step));
    }
    assertEquals(undisturbed, train("killed", 4, kills));
    assertEquals(heldOutLosses("one").getLast(), heldOutLosses("killed").getLast());
    List<JsonNode> recoveries = recoveries("killed");
    assertTrue(recoveries.size() >= 6, recoveries.toString());
  }

  @Test
  void aRunThatIsAskedToEndSavesAndSaysHowToGoOn() throws Exception {
    Path run = folder.resolve("drained");
    String[] command = {
      "train", "--config", recipe.toString(), "--workers", "2", "--out", run.toString()
    };
    try (Launched train = Launched.start(folder, command)) {
      train.awaitSteps(run, 3);
      // As whoever ends all processes of a job or a service: the workers may hear of it first.
      train.process().descendants().forEach(ProcessHandle::destroy);
      train.process().destroy();
      train.await();
      assertEquals(3, train.process().exitValue(), train.errors());
      assertTrue(
          train
              .out()
              .matches(
                  "(?s).*drained by lockstep train, which was sent SIGTERM at 127\\.0\\.0\\.1:[0-9]+"
                      + " after step [0-9]+ of 40\n.*"),
          train::errors);
      assertEquals(
          "go on with: lockstep " + String.join(" ", command) + " --resume", train.lastLine());
    }
    List<String> resumed = new ArrayList<>(List.of(command));
    resumed.add("--resume");
    assertEquals(
        undisturbed, Launched.run(folder, resumed.toArray(String[]::new)).succeeded().lastLine());
  }

  @Test
  void aWorkerThatIsCutOffFromTheCoordinatorIsReplacedByNobodyAndComesBack() throws Exception {
    Path run = folder.resolve("partition");
    StartedByHand started = new StartedByHand(folder, recipe, run);
    try (Launched coordinator = started.coordinator();
        FaultProxy proxy = FaultProxy.to("127.0.0.1", started.port(coordinator));
        Launched near = started.worker("near", started.port(coordinator));
        Launched far = started.worker("far", proxy.port())) {
      coordinator.awaitSteps(run, 10);
      proxy.set(new Fault.Hold());
      // Longer than the second after which a silent worker counts as lost.
      coordinator.awaitSteps(run, 14);
      proxy.heal();
      succeed(coordinator, near, far);
    }
    assertEquals(undisturbed, weights(run));
  }

  @Test
  void workersThatAreCutOffFromEachOtherAreNamedAndChangeNothing() throws Exception {
    Path run = folder.resolve("links");
    StartedByHand started = new StartedByHand(folder, recipe, run);
    int[] ports = freePorts();
    try (FaultProxy toFirst = FaultProxy.to("127.0.0.1", ports[0]);
        FaultProxy toSecond = FaultProxy.to("127.0.0.1", ports[1]);
        Launched coordinator = started.coordinator();
        Launched first =
            started.worker("first", started.port(coordinator), behind(toFirst, ports[0]));
        Launched second =
            started.worker("second", started.port(coordinator), behind(toSecond, ports[1]))) {
      coordinator.awaitSteps(run, 10);
      toFirst.set(new Fault.Hold());
      toSecond.set(new Fault.Hold());
      String stall = coordinator.awaitLine("(first|second).* waits for .*(first|second)");
      assertTrue(
          stall.matches(".*(first|second).* waits for .*(first|second).*rank [01].*step [0-9]+.*"),
          stall);
      toFirst.heal();
      toSecond.heal();
      coordinator.awaitSteps(run, 20);
      toFirst.set(new Fault.Reset());
      toSecond.set(new Fault.Reset());
      coordinator.awaitLine("generation [2-9]");
      toFirst.heal();
      toSecond.heal();
      succeed(coordinator, first, second);
    }
    assertEquals(undisturbed, weights(run));
  }

  private static int[] freePorts() throws IOException {
    try (ServerSocket first = new ServerSocket(0);
        ServerSocket second = new ServerSocket(0)) {
      return new int[] {first.getLocalPort(), second.getLocalPort()};
    }
  }

  private static String[] behind(FaultProxy proxy, int port) {
    return new String[] {
      "--port", Integer.toString(port), "--advertise", "127.0.0.1:" + proxy.port(), "--tcp-only"
    };
  }

  private static void succeed(Launched... processes) throws Exception {
    for (Launched process : processes) {
      process.await();
      process.succeeded();
    }
  }

  private static String weights(Path run) throws Exception {
    Path checkpoint = new RunFolder(run).lastCheckpoint().orElseThrow();
    return "weights "
        + Launched.run(folder, "digest", "--checkpoint", checkpoint.toString())
            .succeeded()
            .lastLine();
  }

  private static List<String> heldOutLosses(String out) throws IOException {
    return Files.readAllLines(new RunFolder(folder.resolve(out)).evaluations());
  }

  private static List<JsonNode> recoveries(String out) throws IOException {
    List<JsonNode> recoveries = new ArrayList<>();
    for (String line : Files.readAllLines(folder.resolve(out).resolve("strikes.jsonl"))) {
      recoveries.add(new ObjectMapper().readTree(line));
    }
    return recoveries;
  }

  private static String train(String out, int workers, List<String> schedule) throws Exception {
    List<String> more = new ArrayList<>();
    if (!schedule.isEmpty()) {
      Path file = folder.resolve(out + ".jsonl");
      Files.writeString(file, String.join("\n", schedule).replace('\'', '"'));
      more.addAll(List.of("--kill-schedule", file.toString()));
    }
    return Launched.train(folder, recipe, workers, out, more.toArray(String[]::new))
        .succeeded()
        .lastLine();
  }
}
