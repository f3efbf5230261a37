package io.lockstep.cli.quickstart;

import io.lockstep.cli.console.Progress;
import io.lockstep.cli.console.UserError;
import io.lockstep.cli.process.Child;
import io.lockstep.cli.process.LocalCluster;
import io.lockstep.cli.process.ProcessGroup;
import io.lockstep.cli.report.RunReport;
import io.lockstep.cli.run.RunFolder;
import io.lockstep.cli.stage.InspectionFolder;
import io.lockstep.cli.stage.StageA;
import io.lockstep.cli.stage.StageAResult;
import io.lockstep.cli.stage.StageB;
import io.lockstep.cli.train.Training;
import io.lockstep.client.AnswerSettings;
import io.lockstep.client.ClientOptions;
import io.lockstep.client.Described;
import io.lockstep.client.GatewayClient;
import io.lockstep.datatools.demo.DemoData;
import io.lockstep.datatools.demo.DemoOptions;
import io.lockstep.datatools.demo.DemoStyle;
import io.lockstep.security.Endpoint;
import io.lockstep.worker.config.RecipeFile;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The main job on one machine: demo data, training on worker processes, hand-off to a gateway,
 * Stage-A and Stage-B over gRPC.
 */
public final class Quickstart {

  private static final int STAGES = 5;
  private static final int TRAIN_PICTURES = 10500;
  private static final int TRAIN_TEXTS = 6900;
  private static final long DEMO_SEED = 2026;
  private static final List<String> GATEWAY_JVM = List.of("-Xmx1g");
  private static final Duration GATEWAY_TIMEOUT = Duration.ofSeconds(60);
  private static final Duration HAND_OFF_TIMEOUT = Duration.ofSeconds(60);

  private final Path recipe;
  private final int workers;
  private final QuickstartFolder folder;
  private final PrintStream out;

  /** The job with a recipe, on {@code workers} processes, all files below {@code folder}. */
  public Quickstart(Path recipe, int workers, QuickstartFolder folder, PrintStream out) {
    this.recipe = recipe;
    this.workers = workers;
    this.folder = folder;
    this.out = out;
  }

  /** What the trained model's gateway said, and which gateway that was. */
  private record Served(
      List<String> summaries,
      List<RunReport.Verdict> verdicts,
      List<String> services,
      String health) {}

  /** Runs all of it; whatever was started is stopped when this returns or throws. */
  public Results run() throws Exception {
    long start = System.nanoTime();
    Files.createDirectories(folder.root());
    Stages stages = new Stages(out, STAGES);
    stages.run("Draw demo data", this::drawData);
    HeldOut heldOut = HeldOut.read(folder.heldOutJsonl());
    try (ProcessGroup group = new ProcessGroup(folder.logs())) {
      List<String> base =
          stages.run(
              "Ask the base model about %d held-out pictures".formatted(heldOut.records().size()),
              () -> askBase(group, heldOut));
      Training training = prepareTraining();
      List<Child> gateways = new ArrayList<>();
      Training.Result trained =
          stages.run(
              "Train on %d worker processes".formatted(workers),
              () ->
                  training.run(
                      group, cluster -> gateways.add(startFollower(group, cluster.endpoint()))));
      trained
          .drained()
          .ifPresent(why -> {
            throw new UserError(why);
          });
      Served served =
          stages.run(
              "Ask the trained model through the gateway: Stage-A, then Stage-B",
              () -> askTrained(group, gateways.getFirst(), trained, heldOut));
      double seconds = (System.nanoTime() - start) / 1e9;
      Results results = results(heldOut, base, trained, served, seconds);
      stages.run("Write the report", () -> Report.write(folder, results));
      return results;
    }
  }

  private DemoData.Counts drawData() throws IOException {
    DemoData.Counts counts =
        DemoData.generate(
            folder.data(),
            DemoOptions.of(TRAIN_PICTURES, DEMO_SEED, DemoStyle.INSPECTION).withTexts(TRAIN_TEXTS));
    out.printf(
        "      %d training pictures and %d texts; held out: %d pictures in %d groups%n",
        counts.pictures(), counts.texts(), counts.heldoutPictures(), counts.heldoutGroups());
    return counts;
  }

  private List<String> askBase(ProcessGroup group, HeldOut heldOut) throws Exception {
    String model = new RecipeFile(recipe).readModel().model().toString();
    Child gateway = startGateway(group, "gateway-base", List.of("--model", model));
    Endpoint endpoint = awaitGateway(group, gateway);
    try (GatewayClient client = GatewayClient.connect(endpoint, ClientOptions.DEFAULT)) {
      client.awaitServing(GATEWAY_TIMEOUT);
      List<String> answers = BaseAnswers.ask(client, heldOut.pictures());
      out.printf(
          Locale.ROOT,
          "      exactly right: %.1f %%; no answer at all: %d of %d%n",
          100 * heldOut.exactMatch(answers),
          answers.stream().filter(BaseAnswers.NONE::equals).count(),
          answers.size());
      return answers;
    } finally {
      gateway.terminate();
    }
  }

  private Training prepareTraining() throws Exception {
    Recipe.write(recipe, folder.trainJsonl(), folder.heldOutJsonl(), folder.recipe());
    return Training.prepare(
        new LocalCluster.Options(
            new RecipeFile(folder.recipe()), workers, 1, new RunFolder(folder.training())),
        out);
  }

  private Child startFollower(ProcessGroup group, Endpoint coordinator) {
    return startGateway(group, "gateway", List.of("--coordinator", coordinator.toString()));
  }

  private Child startGateway(ProcessGroup group, String name, List<String> source) {
    List<String> arguments = new ArrayList<>(List.of("gateway", "start"));
    arguments.addAll(source);
    arguments.addAll(List.of("--port-file", group.portFile(name).toString()));
    try {
      return group.start(name, GATEWAY_JVM, arguments);
    } catch (IOException e) {
      throw new UserError("can't start the gateway: " + e.getMessage(), e);
    }
  }

  private Endpoint awaitGateway(ProcessGroup group, Child gateway) throws IOException {
    return Endpoint.local(group.awaitPort(gateway, GATEWAY_TIMEOUT));
  }

  private Served askTrained(
      ProcessGroup group, Child gateway, Training.Result trained, HeldOut heldOut)
      throws IOException {
    Endpoint endpoint = awaitGateway(group, gateway);
    try (GatewayClient client = GatewayClient.connect(endpoint, ClientOptions.DEFAULT)) {
      client.awaitServing(GATEWAY_TIMEOUT);
      awaitHandOff(client, gateway, trained);
      Map<String, String> summaries = new HashMap<>();
      InspectionFolder groups = InspectionFolder.read(folder.groups());
      StageAResult stageA;
      try (Progress progress = pictureProgress(heldOut)) {
        stageA =
            StageA.run(
                groups,
                folder.stageA(),
                (asked, listener) -> client.describe(asked, AnswerSettings.DEFAULT, listener),
                described -> {
                  if (described instanceof Described.Summary summary) {
                    summaries.put(summary.id(), summary.text());
                  }
                  progress.update(summaries.size(), "");
                });
      }
      stageA.requireAnswers();
      StageB.run(
              stageA.files(), folder.stageB(), asked -> client.judge(asked, AnswerSettings.DEFAULT))
          .requireAnswers();
      return new Served(
          heldOut.answers(folder.groups(), summaries),
          Verdicts.read(folder.stageB()),
          client.services(),
          client.isServing() ? "SERVING" : "NOT_SERVING");
    }
  }

  /** Waits until the gateway answers with the weights that training ended with. */
  private void awaitHandOff(GatewayClient client, Child gateway, Training.Result trained) {
    long deadline = System.nanoTime() + HAND_OFF_TIMEOUT.toNanos();
    while (!client.model().weightsSha256().equals(trained.weightsSha256())) {
      if (gateway.await(Duration.ofMillis(100))) {
        throw new UserError(gateway.exitDescription());
      }
      if (System.nanoTime() > deadline) {
        throw new UserError(
            "the gateway serves %s, not the trained weights %s; its log is %s"
                .formatted(client.model().weightsSha256(), trained.weightsSha256(), gateway.log()));
      }
    }
  }

  private static Progress pictureProgress(HeldOut heldOut) {
    return new Progress("      Stage-A", heldOut.records().size(), "pictures", 1);
  }

  private Results results(
      HeldOut heldOut,
      List<String> base,
      Training.Result trained,
      Served served,
      double totalSeconds) {
    List<Results.Picture> pictures = new ArrayList<>();
    List<String> truths = heldOut.summaries();
    for (int i = 0; i < truths.size(); i++) {
      pictures.add(
          new Results.Picture(
              heldOut.records().get(i), truths.get(i), base.get(i), served.summaries().get(i)));
    }
    return new Results(
        workers,
        trained,
        heldOut.exactMatch(base),
        heldOut.exactMatch(served.summaries()),
        pictures,
        served.verdicts(),
        served.services(),
        served.health(),
        totalSeconds);
  }
}
