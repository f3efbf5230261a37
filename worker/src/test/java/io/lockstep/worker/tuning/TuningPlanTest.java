package io.lockstep.worker.tuning;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.config.ConfigException;
import io.lockstep.model.adapter.InvalidAdapterException;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.context.ContextExceededException;
import io.lockstep.model.parameter.ParameterSpec.Module;
import io.lockstep.model.testing.GoldenFamily;
import io.lockstep.tensor.Torch;
import io.lockstep.worker.config.RunConfig;
import io.lockstep.worker.tuning.TrainableTable.Row;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a recipe trains of the reference model, told before anything is loaded. */
class TuningPlanTest {

  private static final GoldenFamily FAMILY = GoldenFamily.QWEN3_VL;

  /** q, k, v, o of a text layer with 4 query and 2 key-value heads of 32 on a width of 64. */
  private static final long ATTENTION_RANKS = (64 + 128) + 2 * (64 + 64) + (128 + 64);

  /** gate, up and down of width 160. */
  private static final long MLP_RANKS = 3 * (64 + 160);

  private static final int TEXT_LAYERS = 4;

  @BeforeAll
  static void startTorch() {
    Torch.start(1);
  }

  @Test
  void fullTrainingTrainsEveryParameterOfEveryPart() throws Exception {
    TrainableTable table =
        plan("{train_type: full, freeze_vit: false, freeze_aligner: false}").table();
    assertEquals(
        List.of("llm", "vit", "aligner", "all"), table.rows().stream().map(Row::name).toList());
    for (Row row : table.rows()) {
      assertTrue(row.total() > 0);
      assertEquals(row.total(), row.trainable());
      assertEquals(100, row.percent());
      assertEquals(0, row.adapters());
    }
    Row all = table.rows().getLast();
    assertEquals(all.total(), table.rows().subList(0, 3).stream().mapToLong(Row::total).sum());
  }

  @ParameterizedTest
  @EnumSource(value = Module.class, names = "DETECTION", mode = EnumSource.Mode.EXCLUDE)
  void aFrozenPartIsNotTrainedAndTheOthersAre(Module part) throws Exception {
    List<Module> parts = List.of(Module.LLM, Module.VIT, Module.ALIGNER);
    String frozen =
        parts.stream()
            .map(each ->
                ", freeze_%s: %s".formatted(each.name().toLowerCase(Locale.ROOT), each == part))
            .collect(Collectors.joining());
    TrainableTable table = plan("{train_type: full" + frozen + "}").table();
    for (Module other : parts) {
      Row row = row(table, other);
      assertEquals(other == part ? 0 : row.total(), row.trainable(), row.name());
    }
  }

  @Test
  void anAdaptersParametersAreThoseOfItsRankOnEachLayer() throws Exception {
    TrainableTable table =
        plan("{train_type: lora, lora_dropout: 0, lora_rank: 3, freeze_vit: true, freeze_aligner: true}")
            .table();
    Row llm = table.rows().getFirst();
    assertEquals(3 * TEXT_LAYERS * (ATTENTION_RANKS + MLP_RANKS), llm.trainable());
    assertEquals(llm.trainable(), llm.adapters());
    assertEquals(0, row(table, Module.VIT).trainable());
    assertEquals(llm.trainable(), table.rows().getLast().trainable());
    assertTrue(table.lines().getFirst().startsWith("llm: "), table.lines().toString());
  }

  @Test
  void namesExpressionsAndWholeModulesReachTheModel() throws Exception {
    assertEquals(
        2 * TEXT_LAYERS * 2 * (64 + 64),
        all(
            plan(
                "{train_type: lora, freeze_vit: false, freeze_aligner: false, lora_dropout: 0, lora_rank: 2, target_modules: [k_proj, v_proj]}")));
    assertEquals(
        2 * 3 * (48 + 48),
        all(
            plan(
                "{train_type: lora, freeze_vit: false, freeze_aligner: false, lora_dropout: 0, lora_rank: 2, target_regex: '.*visual\\.blocks\\.[012]\\.attn\\.proj'}")));
    assertEquals(
        2 * TEXT_LAYERS * (64 + 64) + 64,
        all(
            plan(
                "{train_type: lora, freeze_vit: false, freeze_aligner: false, lora_dropout: 0, lora_rank: 2, target_modules: [v_proj], modules_to_save:"
                    + " [language_model.norm]}")));
  }

  private static Row row(TrainableTable table, Module part) {
    String name = part.name().toLowerCase(Locale.ROOT);
    return table.rows().stream().filter(row -> row.name().equals(name)).findFirst().orElseThrow();
  }

  private static long all(TuningPlan plan) {
    return plan.table().rows().getLast().trainable();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{train_type: lora, freeze_vit: false, freeze_aligner: false, lora_dropout: 0, target_modules: [v_proj, no_such]}",
        "{train_type: lora, freeze_vit: false, freeze_aligner: false, lora_dropout: 0, target_regex: '.*no_such.*'}",
        "{train_type: lora, freeze_vit: false, freeze_aligner: false, lora_dropout: 0, modules_to_save: [no_such]}"
      })
  void aPatternThatMeansNothingIsAnErrorBeforeAnythingIsLoaded(String tuning) throws Exception {
    RunConfig config = config(tuning);
    String message =
        Objects.requireNonNull(
            assertThrows(InvalidAdapterException.class, () -> TuningPlan.of(config)).getMessage());
    assertTrue(message.contains("no_such"), message);
  }

  @Test
  void biasesThatNoLayerHasAreAnError() throws Exception {
    RunConfig config = config("{train_type: lora, lora_bias: lora_only}");
    String message =
        Objects.requireNonNull(
            assertThrows(InvalidAdapterException.class, () -> TuningPlan.of(config)).getMessage());
    assertTrue(
        message.contains("means biases of adapted layers, but none of them has one"), message);
  }

  @Test
  void aFixedHalfIsStoredAndNotTrained() throws Exception {
    TuningPlan plain = plan("{train_type: lora, lora_rank: 4}");
    TuningPlan halved = plan("{train_type: lora, lora_rank: 4, init_weights: olora}");
    assertEquals(plain.trained().slots(), halved.trained().slots());
    assertEquals(2 * plain.storedLayout().elements(), halved.storedLayout().elements());
  }

  @Test
  void freezingEverythingIsAnError() {
    ConfigException refused =
        assertThrows(
            ConfigException.class,
            () -> config("{freeze_llm: true, freeze_vit: true, freeze_aligner: true}"));
    assertTrue(refused.problems().toString().contains("nothing would be trained"));
  }

  @Test
  void anAdapterToGoOnWithMustNotLieInAFrozenPart() throws Exception {
    String going =
        "{train_type: lora, resume_from_checkpoint: %s, freeze_vit: false, freeze_aligner: false, freeze_llm: %s}";
    RunConfig config = config(going.formatted(FAMILY.file("adapter"), true));
    String message =
        Objects.requireNonNull(
            assertThrows(InvalidAdapterException.class, () -> TuningPlan.of(config)).getMessage());
    assertTrue(message.contains("LLM"), message);
    assertEquals(
        28 * 2,
        TuningPlan.of(config(going.formatted(FAMILY.file("adapter"), false)))
            .trained()
            .slots()
            .size());
  }

  @Test
  void theOptimizerSeesExactlyWhatThePlanSays() throws Exception {
    for (String tuning :
        List.of(
            "{train_type: full, freeze_vit: false, freeze_aligner: false, freeze_llm: true}",
            "{train_type: lora, freeze_vit: false, freeze_aligner: false, lora_dropout: 0, use_dora: true, modules_to_save: [visual.merger]}")) {
      RunConfig config = config(tuning);
      TuningPlan plan = TuningPlan.of(config);
      try (LoadedModel model = plan.load(config)) {
        assertEquals(plan.trained().slots(), model.trainable().trained().layout().slots());
      }
    }
  }

  @Test
  void samplesMayBeAsLongAsTheModelsContextAndNoLonger() throws Exception {
    RunConfig fits = withLength("4096");
    assertEquals(4096, fits.maxLength());
    var _ = TuningPlan.of(fits);
    RunConfig tooLong = withLength("4097");
    String refused =
        assertThrows(ContextExceededException.class, () -> TuningPlan.of(tooLong)).toString();
    assertTrue(refused.contains("global_max_length is 4097 but the model in "), refused);
    assertTrue(refused.contains("4096 tokens at most"), refused);
  }

  private static RunConfig withLength(String tokens) throws Exception {
    String yaml =
        config("{train_type: full, freeze_vit: false, freeze_aligner: false}")
            .toYaml()
            .replaceFirst("(global_max_length: )\\d+", "$1" + tokens);
    return RunConfig.parse(yaml, "test", Path.of("/"));
  }

  private static TuningPlan plan(String tuning) throws Exception {
    return TuningPlan.of(config(tuning));
  }

  private static RunConfig config(String tuner) throws Exception {
    return RunConfig.parse(
        """
        global_max_length: 512
        model: {model: %s}
        data: {train_jsonl: %s, template: target_summary}
        training: {seed: 5, max_steps: 1, learning_rate: 1.0e-3}
        tuner: %s
        """
            .formatted(FAMILY.checkpoint(), FAMILY.file("cases.json"), tuner),
        "test",
        Path.of("/"));
  }
}
