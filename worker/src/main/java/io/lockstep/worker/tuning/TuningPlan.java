package io.lockstep.worker.tuning;

import io.lockstep.model.adapter.AdapterConfig;
import io.lockstep.model.adapter.AdapterPlan;
import io.lockstep.model.adapter.InvalidAdapterException;
import io.lockstep.model.adapter.Targets;
import io.lockstep.model.checkpoint.HeldTypes;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.checkpoint.TeacherMatch;
import io.lockstep.model.checkpoint.Tuning;
import io.lockstep.model.config.InvalidConfigException;
import io.lockstep.model.context.ContextLimit;
import io.lockstep.model.family.ModelFamilies;
import io.lockstep.model.image.ImageOptions;
import io.lockstep.model.network.ModelConfig;
import io.lockstep.model.network.Network;
import io.lockstep.model.parameter.ParameterLayout;
import io.lockstep.model.parameter.ParameterSpec;
import io.lockstep.tensor.Dtype;
import io.lockstep.worker.config.RunConfig;
import io.lockstep.worker.config.TemplateConfig;
import io.lockstep.worker.config.TunerConfig;
import io.lockstep.worker.config.VisualKdConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What a run trains, as far as it is known without any weights.
 *
 * @param model the model, with the detection head that it gets
 * @param tuning what the model is loaded with
 * @param base all parameters of the base model
 * @param trained what the optimizer sees
 * @param adapter what is put on the base model, if its own parameters are not trained
 */
public record TuningPlan(
    ModelConfig model,
    Tuning tuning,
    ParameterLayout base,
    ParameterLayout trained,
    Optional<AdapterPlan> adapter) {

  /**
   * Applies a run's configuration to its model.
   *
   * @throws IOException if the model's or the adapter's configuration can't be read, or an adapter
   *     does not fit; the message lists everything that is wrong
   * @throws InvalidConfigException if the model has not what the objective needs, or a teacher
   *     reads other tokens or pictures
   * @throws io.lockstep.model.context.ContextExceededException if the run's samples may be longer
   *     than what the model takes
   */
  public static TuningPlan of(RunConfig run) throws IOException {
    ModelConfig config =
        run.computing().of(ModelFamilies.read(run.model().model().resolve("config.json")));
    requirePictures(run);
    requireTemplate(run, config);
    ContextLimit.of(config.text().maxPositionEmbeddings())
        .requireTraining("the model in " + run.model().model(), run.maxLength());
    if (run.training().routerAuxLossCoef() > 0 && new Network(config).routers().isEmpty()) {
      throw new InvalidConfigException(
          run.model().model().resolve("config.json"),
          List.of(
              "the model has no experts, so that training.router_aux_loss_coef (%s) has no effect: remove the key"
                  .formatted(run.training().routerAuxLossCoef())));
    }
    if (run.rlhf().isPresent()) {
      Optional<VisualKdConfig> visual = run.custom().activeVisualKd();
      TeacherMatch.require(
          run.rlhf().get().teacherModel(), run.model().model(), visual.isPresent());
      try {
        var _ = visual.map(section -> section.terms(config));
      } catch (IllegalArgumentException e) {
        throw new InvalidConfigException(
            run.model().model().resolve("config.json"), List.of(String.valueOf(e.getMessage())));
      }
    }
    Optional<Tuning.NewHead> head = DetectionPlan.of(run);
    Set<ParameterSpec.Module> frozen = run.tuner().frozen();
    Tuning.Full full = new Tuning.Full(frozen, head);
    ModelConfig model = full.config(config);
    ParameterLayout base = model.layout();
    return switch (run.tuner().trainType()) {
      case FULL -> {
        List<ParameterSpec> trained =
            base.slots().stream()
                .map(ParameterLayout.Slot::spec)
                .filter(spec -> !frozen.contains(spec.module()))
                .toList();
        yield new TuningPlan(model, full, base, new ParameterLayout(trained), Optional.empty());
      }
      case LORA -> lora(run, model, frozen);
    };
  }

  /** Refuses limits between which a picture of the model has no size. */
  private static void requirePictures(RunConfig run) throws IOException {
    Path folder = run.model().model();
    if (!ImageOptions.isIn(folder)) {
      return;
    }
    try {
      var _ =
          ImageOptions.of(folder)
              .withLimits(run.template().minPixels(), run.template().maxPixels());
    } catch (IllegalArgumentException e) {
      throw new InvalidConfigException(
          folder, List.of("template.min_pixels, template.max_pixels: " + e.getMessage()));
    }
  }

  private static void requireTemplate(RunConfig run, ModelConfig config)
      throws InvalidConfigException {
    Optional<String> named = run.template().template();
    String family = config.modelType();
    if (named.isPresent() && !family.equals(named.get()) && !family.startsWith(named.get() + "_")) {
      throw new InvalidConfigException(
          run.model().model().resolve("config.json"),
          List.of(
              "the model is a %s, but template.template says %s: write the model's, or remove the key"
                  .formatted(family, named.get())));
    }
  }

  /** Training of all of a model's parameters. */
  public static TuningPlan full(ModelConfig model) {
    ParameterLayout base = model.layout();
    return new TuningPlan(model, Tuning.full(), base, base, Optional.empty());
  }

  /**
   * Training of a new adapter.
   *
   * @param frozen parts of the model that get no updates
   */
  public static TuningPlan adapted(
      ModelConfig model, AdapterConfig adapter, Set<ParameterSpec.Module> frozen)
      throws InvalidAdapterException {
    ParameterLayout base = model.layout();
    AdapterPlan plan = AdapterPlan.of(adapter, base, frozen);
    return new TuningPlan(
        model, new Tuning.NewAdapter(plan, 0), base, plan.layout(), Optional.of(plan));
  }

  private static TuningPlan lora(RunConfig run, ModelConfig model, Set<ParameterSpec.Module> frozen)
      throws IOException {
    ParameterLayout base = model.layout();
    TunerConfig tuner = run.tuner();
    if (tuner.adapter().isPresent()) {
      AdapterPlan plan = AdapterPlan.of(tuner.adapter().get(), base, frozen);
      if (plan.lacksBiases()) {
        throw new InvalidAdapterException(
            "tuner.lora_bias",
            List.of(
                "means biases of %s, but none of them has one: remove the key, or adapt or thaw layers with biases"
                    .formatted(
                        plan.config().biases() == AdapterConfig.Biases.ALL
                            ? "the parts that are not frozen"
                            : "adapted layers")));
      }
      return new TuningPlan(
          model, new Tuning.NewAdapter(plan, run.seed()), base, plan.layout(), Optional.of(plan));
    }
    Path folder = tuner.resumeFromCheckpoint().orElseThrow();
    AdapterPlan stored = AdapterPlan.read(folder, base);
    List<String> problems = new ArrayList<>(tuner.disagreements(stored.config()));
    List<ParameterSpec.Module> touched = frozen.stream().filter(stored::updates).toList();
    if (!touched.isEmpty()) {
      problems.add("has adapters in " + touched + ", which tuner freezes: thaw these parts");
    }
    if (!problems.isEmpty()) {
      throw new InvalidAdapterException("tuner.resume_from_checkpoint " + folder, problems);
    }
    if (tuner.namedTargets().isEmpty() && tuner.modulesToSave().isEmpty()) {
      return new TuningPlan(
          model, new Tuning.StoredAdapter(folder), base, stored.layout(), Optional.of(stored));
    }
    AdapterPlan plan =
        stored.extended(
            tuner.namedTargets().orElse(Targets.NOTHING), tuner.modulesToSave(), base, frozen);
    Tuning tuning =
        plan.layout().slots().equals(stored.layout().slots())
            ? new Tuning.StoredAdapter(folder)
            : new Tuning.ExtendedAdapter(folder, plan, run.seed());
    return new TuningPlan(model, tuning, base, plan.layout(), Optional.of(plan));
  }

  /** Loads the run's model for this plan. */
  public LoadedModel load(RunConfig run) throws IOException {
    LoadedModel model =
        switch (run.model().weights()) {
          case LOAD -> LoadedModel.open(run.model().model(), tuning, run.computing());
          case INITIALISE ->
              LoadedModel.initialise(run.model().model(), run.seed(), tuning, run.computing());
        };
    run.vision()
        .budget()
        .ifPresent(budget -> model.replaceTokenBudget(budget, "vision.token_budget of the run"));
    TemplateConfig template = run.template();
    model.replacePixelLimits(
        template.minPixels(), template.maxPixels(), "section template of the run");
    return model;
  }

  /**
   * The bytes of what is not trained but held by every worker: frozen weights, and halves of
   * updates that are fixed.
   */
  public long frozenBytes() throws IOException {
    List<ParameterLayout.Slot> frozen =
        adapter.isPresent()
            ? base.slots()
            : tuning.layout(base).slots().subList(trained.slots().size(), base.slots().size());
    return HeldTypes.ofTraining(model, tuning).bytes(frozen, model.dtype())
        + Dtype.FLOAT32.bytes(adapter.map(plan -> plan.fixedLayout().elements()).orElse(0L));
  }

  /** The parameters that a checkpoint stores: the model's, or those of the adapter. */
  public ParameterLayout storedLayout() {
    return adapter.map(AdapterPlan::storedLayout).orElse(base);
  }

  /** The table of what is trained. */
  public TrainableTable table() {
    return TrainableTable.of(base, trained, !(tuning instanceof Tuning.Full));
  }
}
