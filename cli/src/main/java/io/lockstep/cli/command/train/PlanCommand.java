package io.lockstep.cli.command.train;

import io.lockstep.benchmark.BenchModel;
import io.lockstep.cli.bench.ScratchFolder;
import io.lockstep.cli.command.BaseConfigOption;
import io.lockstep.cli.command.JsonOption;
import io.lockstep.cli.command.Numbers;
import io.lockstep.cli.console.Installation;
import io.lockstep.cli.console.JsonLine;
import io.lockstep.cli.console.Table;
import io.lockstep.cli.console.UsageError;
import io.lockstep.cli.console.UserError;
import io.lockstep.cli.plan.DevicePlan;
import io.lockstep.cli.plan.MicroBatch;
import io.lockstep.cli.plan.Question;
import io.lockstep.cli.plan.RooflineRun;
import io.lockstep.cli.plan.Sharing;
import io.lockstep.cli.train.PlannedCost;
import io.lockstep.cli.train.RunTables;
import io.lockstep.model.cost.ActivationBytes;
import io.lockstep.model.family.ModelFamilies;
import io.lockstep.model.family.PublishedModels;
import io.lockstep.model.network.ModelConfig;
import io.lockstep.model.parameter.ParameterSpec;
import io.lockstep.model.segment.SegmentSpec;
import io.lockstep.tensor.Dtype;
import io.lockstep.worker.config.ClusterConfig;
import io.lockstep.worker.config.RunConfig;
import io.lockstep.worker.config.TunerConfig;
import io.lockstep.worker.tuning.TrainableTable;
import io.lockstep.worker.tuning.TuningPlan;
import io.lockstep.worker.zero.Buckets;
import io.lockstep.worker.zero.StageCost;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code lockstep plan}. */
@Command(
    name = "plan",
    description = {
      "Prints how many parameters a model has and what training it takes: memory of a rank and"
          + " bytes it sends in a step, by stage of ZeRO. Needs no weights.",
      "deepspeed.config chooses among stages 1 to 3. Every virtual rank is taken to make one pass per"
          + " part of its samples, with pictures.",
      "Activations are those of one pass; a rank makes its passes one after another, so they are the"
          + " same for any number of workers. Not counted is the process itself (JVM, libtorch,"
          + " prefetched samples).",
      "With --device-memory: whether it fits there, computed in the recipe's type, a model without a"
          + " recipe in bfloat16; see docs/gpu.md."
    })
public final class PlanCommand implements Callable<Integer> {

  private static final int HALF_BYTES = 2;

  /** What an adapter of a model that no recipe names leaves as it is, as in recipes. */
  private static final Set<ParameterSpec.Module> NOT_ADAPTED =
      Set.of(ParameterSpec.Module.VIT, ParameterSpec.Module.ALIGNER);

  /** A step goes forward once and back at twice the cost. */
  private static final double PASSES_OF_TRAINING = 3;

  private static final double MEBIBYTE = 1 << 20;

  /** What is planned for. */
  private static final class Subject {
    @Option(names = "--config", paramLabel = "FILE", description = "A recipe.")
    private @Nullable Path config;

    @Option(
        names = "--model",
        paramLabel = "PATH",
        description =
            "A checkpoint's folder, its config.json alone, or the name of a published shape, such as"
                + " qwen3-vl-8b.")
    private @Nullable Path model;
  }

  @ArgGroup(multiplicity = "0..1")
  private @Nullable Subject subject;

  @Mixin private BaseConfigOption base = new BaseConfigOption();

  @Option(
      names = "--workers",
      converter = Numbers.Count.class,
      paramLabel = "N",
      description =
          "Ranks that share the training state (default: 1; with --device-memory 1, 2, 4, 8 and 16).")
  private @Nullable Integer givenWorkers;

  private int workers = 1;

  @Mixin private JsonOption json = new JsonOption();

  @Mixin private MicroBatchOptions microBatch = new MicroBatchOptions();

  @Mixin private DeviceOptions device = new DeviceOptions();

  @Mixin private RooflineOptions roofline = new RooflineOptions();

  /**
   * What is known of a model and of what is trained of it.
   *
   * @param name what the model is called
   * @param folder where the model's other files lie; nothing for a published shape
   */
  private record Known(
      String name,
      ModelConfig config,
      Optional<Path> folder,
      TuningPlan plan,
      StageCost.Subject subject,
      Optional<RunConfig> run,
      long teacherParameters,
      long teacherBytes) {

    /** Passes of a virtual rank in a step. */
    int passes() {
      return run.map(known -> known.batches().parts()).orElse(1);
    }

    TrainableTable table() {
      return plan.table();
    }
  }

  /** Activations and what they are of. */
  private record Activations(MicroBatch batch, ActivationBytes bytes) {}

  @Override
  public Integer call() throws Exception {
    workers = givenWorkers == null ? 1 : givenWorkers;
    Optional<DevicePlan> wanted = device.plan();
    if (roofline.wanted()) {
      if (wanted.isPresent()) {
        throw new UsageError("--roofline and --device-memory are two plans: give one of them");
      }
      roofline();
      return 0;
    }
    if (subject == null) {
      overview(
          wanted.orElseThrow(() ->
              new UsageError(
                  "give --config RECIPE or --model PATH, or --device-memory SIZE for all published shapes")));
      return 0;
    }
    Known known = known(subject, wanted.isPresent());
    if (wanted.isPresent()) {
      Question question = question(known);
      List<Integer> worlds = givenWorkers == null ? DevicePlan.WORLDS : List.of(workers);
      wanted.get().print(known.name(), question, worlds);
      json.print(wanted.get().json(known.name(), question, worlds));
      return 0;
    }
    TrainableTable.Row all = known.table().rows().getLast();
    long weights = all.total() + all.adapters();
    List<StageCost> stages = stages(known);
    Activations activations = activations(known);
    print(known, weights, stages, activations);
    json.print(json(known, weights, stages, activations));
    return 0;
  }

  private void roofline() throws Exception {
    Subject given = subject;
    if (given != null) {
      Known known = known(given, false);
      boolean hasWeights =
          known.folder().isPresent()
              && Files.isDirectory(known.folder().get())
              && BenchModel.hasWeights(known.folder().get());
      roofline(known, hasWeights);
      return;
    }
    base.requireNone();
    try (ScratchFolder folder = ScratchFolder.create()) {
      BenchModel.write(Installation.baseModel(), folder.path());
      Known known =
          known(
              "the bench model", config(folder.path()), Optional.of(folder.path()), device.tuner());
      roofline(known, true);
    }
  }

  private void roofline(Known known, boolean measures) throws IOException {
    RooflineRun run =
        new RooflineRun(
            known.name(),
            known.config(),
            known.plan().trained(),
            known.plan().adapter(),
            roofline.size(microBatch),
            microBatch.checkpointing(known.run()),
            workers,
            stages(known).getFirst().sentBytes());
    roofline.start();
    Optional<RooflineRun.Opener> opener =
        measures && (known.run().isPresent() || known.plan().adapter().isEmpty())
            ? Optional.of(() ->
                known.run().isPresent()
                    ? known.plan().load(known.run().get())
                    : BenchModel.openTrainable(known.folder().orElseThrow()))
            : Optional.empty();
    RooflineRun.Result result = run.run(opener);
    System.out.print(result.render());
    json.print(result.json());
  }

  private Activations activations(Known known) throws IOException {
    MicroBatch batch = microBatch.microBatch(known.config(), known.run(), known.folder());
    return new Activations(
        batch,
        ActivationBytes.of(
            known.config(),
            batch.load(),
            new ActivationBytes.Mode(
                known.plan().trained(), batch.checkpointing(), known.plan().adapter())));
  }

  private List<StageCost> stages(Known known) {
    requireShares(known, workers);
    return StageCost.of(known.subject(), workers, known.passes());
  }

  private static void requireShares(Known known, int workers) {
    int most = known.subject().virtualRanks();
    if (workers > most) {
      throw new UserError(
          "--workers is "
              + workers
              + ": at most cluster.virtual_ranks ("
              + most
              + ") can share a step");
    }
  }

  private void overview(DevicePlan plan) throws Exception {
    base.requireNone();
    if (givenWorkers != null) {
      throw new UsageError("--workers needs --config or --model");
    }
    List<DevicePlan.Row> rows = new ArrayList<>();
    for (String name : PublishedModels.names()) {
      for (DeviceOptions.Tuner tuner : DeviceOptions.Tuner.values()) {
        ModelConfig config = PublishedModels.config(name).computingIn(Dtype.BFLOAT16);
        rows.add(new DevicePlan.Row(name, question(known(name, config, Optional.empty(), tuner))));
      }
    }
    plan.printOverview(rows);
    json.print(plan.overviewJson(rows));
  }

  /** What is asked of a device's memory. */
  private Question question(Known known) throws IOException {
    Optional<RunConfig> run = known.run();
    MicroBatch batch = microBatch.microBatch(known.config(), run, known.folder());
    if (run.isEmpty()) {
      return new Question(
          known.plan(),
          0,
          NOT_ADAPTED,
          batch,
          new Sharing(
              batch.rows(), 1, ClusterConfig.DEFAULT_BUCKET_FLOATS, true, true, true, 1, 1));
    }
    requireShares(known, workers);
    return new Question(
        known.plan(),
        known.teacherBytes(),
        run.get().tuner().frozen(),
        batch,
        new Sharing(
            Math.toIntExact(run.get().training().globalBatchSize()),
            run.get().batches().virtualRanks(),
            run.get().cluster().bucketFloats(),
            run.get().cluster().replicates(),
            run.get().cluster().reduction() == ClusterConfig.Reduction.ORDERED,
            false,
            run.get().deepspeed().zeroStage(),
            1));
  }

  private Known known(Subject given, boolean forDevice) throws Exception {
    Path model = given.model;
    if (model == null) {
      device.requireNoTuner();
      RunConfig run = base.below(Objects.requireNonNull(given.config)).read();
      TuningPlan plan = TuningPlan.of(run);
      return new Known(
          run.name(),
          run.computing().of(config(run.model().model())),
          Optional.of(run.model().model()),
          plan,
          PlannedCost.subject(run, plan),
          Optional.of(run),
          PlannedCost.teacherParameters(run),
          PlannedCost.teacherBytes(run));
    }
    base.requireNone();
    Optional<String> published =
        Files.exists(model) ? Optional.empty() : PublishedModels.name(model.toString());
    ModelConfig stored =
        published.isPresent() ? PublishedModels.config(published.get()) : config(model);
    Path folder = Files.isDirectory(model) ? model : model.toAbsolutePath().resolveSibling("");
    return known(
        published.orElse(model.toString()),
        forDevice ? stored.computingIn(Dtype.BFLOAT16) : stored,
        published.isPresent() ? Optional.empty() : Optional.of(folder),
        device.tuner());
  }

  private Known known(
      String name, ModelConfig config, Optional<Path> folder, DeviceOptions.Tuner tuner)
      throws IOException {
    TuningPlan plan =
        switch (tuner) {
          case FULL -> TuningPlan.full(config);
          case LORA -> TuningPlan.adapted(config, TunerConfig.usualAdapter(), NOT_ADAPTED);
        };
    StageCost.Subject whole =
        new StageCost.Subject(
            plan.frozenBytes(),
            SegmentSpec.of(config, plan.trained()),
            plan.trained(),
            new Buckets(plan.trained().size(), ClusterConfig.DEFAULT_BUCKET_FLOATS),
            workers,
            1,
            true);
    return new Known(name, config, folder, plan, whole, Optional.empty(), 0, 0);
  }

  private static ModelConfig config(Path model) throws IOException {
    Path file = Files.isDirectory(model) ? model.resolve("config.json") : model;
    if (!Files.isRegularFile(file)) {
      throw new UserError(
          "there is no "
              + file
              + ": give a checkpoint's folder, a config.json, or one of "
              + String.join(", ", PublishedModels.names()));
    }
    return ModelFamilies.read(file);
  }

  private void print(Known known, long weights, List<StageCost> stages, Activations activations) {
    System.out.println(
        "%s, %s parameters: %s in float32, %s in bfloat16"
            .formatted(
                known.config().modelType(),
                String.format(Locale.ROOT, "%,d", weights),
                mebibytes(Dtype.FLOAT32.bytes(weights)),
                mebibytes(weights * HALF_BYTES)));
    System.out.print(RunTables.trainable(known.table()));
    if (known.teacherParameters() > 0) {
      System.out.printf(
          Locale.ROOT,
          "a teacher of %,d parameters: %s on each worker, among the weights below; its pass forward"
              + " adds about %.0f %% to the time of a step%n",
          known.teacherParameters(),
          mebibytes(known.teacherBytes()),
          100.0 * known.teacherParameters() / (PASSES_OF_TRAINING * weights));
    }
    known.run().flatMap(PlannedCost::writtenAnswers).ifPresent(System.out::println);
    MicroBatch batch = activations.batch();
    System.out.printf(
        "activations of %d x %d tokens at once, %d of each of pictures (%d a sample%s, %,d patches),"
            + " %d learned, %s gradient checkpointing:%n",
        batch.rows(),
        batch.length(),
        batch.pictureTokens(),
        batch.picturesEach(),
        batch.picturesEach() > 1 ? " with its demonstrations" : "",
        batch.patches(),
        batch.supervised(),
        batch.checkpointing() ? "with" : "without");
    ActivationBytes bytes = activations.bytes();
    System.out.print(
        new Table()
            .row("kept of vision", "kept of decoder", "largest segment", "most at once")
            .row(
                mebibytes(bytes.vision()),
                mebibytes(bytes.decoder()),
                mebibytes(bytes.segment()),
                mebibytes(bytes.peak()))
            .render());
    System.out.println(
        "the rank of %d that has most, in float32%s:"
            .formatted(
                workers,
                known.config().computeType() == Dtype.FLOAT32
                    ? ""
                    : "; activations and weights that are not trained in "
                        + known.config().computeType().publicName()));
    Table costs =
        new Table()
            .row(
                "ZeRO",
                "weights",
                "gradients",
                "optimizer",
                "activations",
                "together",
                "sent per step");
    stages.forEach(cost ->
        costs.row(
            "stage " + cost.stage(),
            mebibytes(cost.weightBytes()),
            mebibytes(cost.gradientBytes()),
            mebibytes(cost.optimizerBytes()),
            mebibytes(bytes.peak()),
            mebibytes(cost.totalBytes() + bytes.peak()),
            mebibytes(cost.sentBytes())));
    System.out.print(costs.render());
  }

  private static String mebibytes(long bytes) {
    return String.format(Locale.ROOT, "%,.1f MiB", bytes / MEBIBYTE);
  }

  private JsonLine json(
      Known known, long weights, List<StageCost> stages, Activations activations) {
    JsonLine line =
        new JsonLine()
            .put("model_type", known.config().modelType())
            .put("parameters", weights)
            .put("trainable", known.table().rows().getLast().trainable())
            .put("workers", workers)
            .put("teacher_bytes", known.teacherBytes())
            .put("pictures_per_sample", activations.batch().picturesEach())
            .put("micro_batch_patches", activations.batch().patches())
            .put("activation_bytes", activations.bytes().peak());
    known.table().rows().forEach(row -> line.put("parameters_" + row.name(), row.total()));
    return line.put("stages", stages.stream().map(PlanCommand::figures).toList());
  }

  private static Map<String, Object> figures(StageCost cost) {
    Map<String, Object> figures = new LinkedHashMap<>();
    figures.put("stage", cost.stage());
    figures.put("weight_bytes", cost.weightBytes());
    figures.put("gradient_bytes", cost.gradientBytes());
    figures.put("optimizer_bytes", cost.optimizerBytes());
    figures.put("sent_bytes_per_step", cost.sentBytes());
    return figures;
  }
}
