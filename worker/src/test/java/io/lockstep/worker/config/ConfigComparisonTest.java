package io.lockstep.worker.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.config.ConfigComparison;
import io.lockstep.config.ConfigComparison.Difference;
import io.lockstep.config.ConfigException;
import io.lockstep.data.augment.AugmentationConfig;
import io.lockstep.data.fusion.DatasetTemplate;
import io.lockstep.data.fusion.FusionConfig;
import io.lockstep.data.preprocess.DropSmall;
import io.lockstep.data.prompt.PromptConfig;
import io.lockstep.model.adapter.Beginning;
import io.lockstep.model.adapter.Targets;
import io.lockstep.model.objective.VisualDistillation.Distance;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigComparisonTest {

  @TempDir Path folder;

  private RunConfig config(String... changes) throws Exception {
    Files.createDirectories(folder.resolve("base"));
    Files.writeString(folder.resolve("train.jsonl"), "{}\n");
    String yaml =
        """
        global_max_length: 512
        model: {model: base}
        data: {train_jsonl: train.jsonl, template: target_summary}
        training: {seed: 7, output_dir: out, max_steps: 10, per_device_train_batch_size: 8, gradient_accumulation_steps: 1, save_steps: 5, learning_rate: 1.0e-4}
        """;
    for (int i = 0; i < changes.length; i += 2) {
      assertTrue(yaml.contains(changes[i]), changes[i]);
      yaml = yaml.replace(changes[i], changes[i + 1]);
    }
    return RunConfig.parse(yaml, "test", folder);
  }

  private RunConfig withInputs(RunConfig config, String dataSha256) {
    return config.withInputs(
        new RunInputs(
            3,
            dataSha256,
            Optional.of("c".repeat(64)),
            Optional.empty(),
            Optional.empty(),
            Optional.empty()));
  }

  @Test
  void equalConfigurationsDontDiffer() throws Exception {
    assertEquals(List.of(), ConfigComparison.of(config(), config()).differences());
  }

  @Test
  void whatChangesTheWeightsIsRefusedByNameWithBothValues() throws Exception {
    RunConfig resumed =
        config("seed: 7", "seed: 8", "1.0e-4", "2.0e-4", "save_steps: 5", "save_steps: 2");
    ConfigComparison comparison = ConfigComparison.of(config(), resumed);
    ConfigException refusal =
        assertThrows(ConfigException.class, () -> comparison.require("run.yaml", Set.of()));
    assertEquals(
        List.of(
            "training.aligner_lr was 1.0E-4 and is now 2.0E-4, which changes the weights: set it back, or add --acknowledge training.aligner_lr",
            "training.learning_rate was 1.0E-4 and is now 2.0E-4, which changes the weights: set it back, or add --acknowledge training.learning_rate",
            "training.seed was 7 and is now 8, which changes the weights: set it back, or add --acknowledge training.seed",
            "training.vit_lr was 1.0E-4 and is now 2.0E-4, which changes the weights: set it back, or add --acknowledge training.vit_lr"),
        refusal.problems());
  }

  @Test
  void whatIsAcknowledgedOrHarmlessIsANotice() throws Exception {
    RunConfig resumed = config("max_steps: 10", "max_steps: 20", "save_steps: 5", "save_steps: 2");
    assertEquals(
        List.of(
            "training.max_steps was 10 and is now 20, which changes the weights from here on, as acknowledged",
            "training.save_steps was 5 and is now 2, which doesn't change the weights"),
        ConfigComparison.of(config(), resumed).require("run.yaml", Set.of("training.max_steps")));
  }

  @Test
  void anAcknowledgedNameThatDoesNotDifferIsTold() throws Exception {
    assertEquals(
        List.of(
            "training.save_steps was 5 and is now 2, which doesn't change the weights",
            "--acknowledge training.save_step names nothing that differs: did you mean 'training.save_steps'?"),
        ConfigComparison.of(config(), config("save_steps: 5", "save_steps: 2"))
            .require("run.yaml", Set.of("training.save_step")));
  }

  @Test
  void otherDataUnderTheSameNameIsFound() throws Exception {
    Difference difference =
        ConfigComparison.of(
                withInputs(config(), "a".repeat(64)), withInputs(config(), "b".repeat(64)))
            .differences()
            .getFirst();
    assertEquals("inputs.data_sha256", difference.key());
    assertTrue(difference.changesNumbers());
  }

  @Test
  void aStoredConfigurationMayNameFilesThatHaveMoved() throws Exception {
    Path stored = folder.resolve("run.yaml");
    Files.writeString(stored, config().toYaml());
    RunConfig moved = config("train_jsonl: train.jsonl", "train_jsonl: base/../train.jsonl");
    Files.move(folder.resolve("train.jsonl"), folder.resolve("base/train.jsonl"));
    assertEquals(List.of(), ConfigComparison.of(RunConfig.readStored(stored), moved).differences());
    assertThrows(ConfigException.class, () -> RunConfig.read(stored));
  }

  @Test
  void whatWasNotRecordedIsNotHeldAgainstAnybody() throws Exception {
    assertTrue(
        ConfigComparison.of(config(), withInputs(config(), "b".repeat(64))).differences().stream()
            .noneMatch(Difference::changesNumbers));
  }

  @Test
  void everyKeyIsCompared() throws Exception {
    RunConfig config = withInputs(config(), "a".repeat(64));
    List<String> walked = new ArrayList<>();
    changeEach(
        config,
        "",
        changed -> changed,
        (name, changed) -> {
          walked.add(name);
          assertFalse(
              ConfigComparison.of(config, (RunConfig) changed).differences().isEmpty(),
              name + " is not compared");
        });
    assertTrue(walked.size() > 40, walked::toString);
  }

  private interface Visit {
    void see(String name, Object changed) throws Exception;
  }

  /** Changes every component of a record and of the records in it, one after another. */
  private static void changeEach(
      Object record, String path, UnaryOperator<Object> rebuild, Visit visit) throws Exception {
    RecordComponent[] components = record.getClass().getRecordComponents();
    for (int i = 0; i < components.length; i++) {
      int index = i;
      RecordComponent component = components[i];
      Object value = component.getAccessor().invoke(record);
      String name = path + component.getName();
      Object inner = value instanceof Optional<?> optional ? optional.orElse(null) : value;
      UnaryOperator<Object> with =
          other ->
              rebuild.apply(
                  copy(record, index, value instanceof Optional<?> ? Optional.of(other) : other));
      if (inner != null
          && inner.getClass().isRecord()
          && (inner.getClass().getPackage().equals(RunConfig.class.getPackage())
              || inner.getClass().getPackage().equals(PromptConfig.class.getPackage()))) {
        changeEach(inner, name + ".", with, visit);
      } else if (!(value instanceof Enum<?> only
          && only.getDeclaringClass().getEnumConstants().length == 1)) {
        visit.see(name, rebuild.apply(copy(record, i, another(component, value))));
      }
    }
  }

  private static Object copy(Object record, int index, Object value) {
    try {
      RecordComponent[] components = record.getClass().getRecordComponents();
      Class<?>[] types = new Class<?>[components.length];
      Object[] values = new Object[components.length];
      for (int i = 0; i < components.length; i++) {
        types[i] = components[i].getType();
        values[i] = i == index ? value : components[i].getAccessor().invoke(record);
      }
      return record.getClass().getDeclaredConstructor(types).newInstance(values);
    } catch (ReflectiveOperationException e) {
      throw new LinkageError("a record has an accessor and a constructor", e);
    }
  }

  private static Object another(RecordComponent component, Object value) {
    return switch (value) {
      case Boolean flag -> !flag;
      case Integer number -> number + 1;
      case Long number -> number + 1;
      case Double number -> number / 2 + 0.125;
      case String text -> text + "x";
      case Path path -> path.resolve("elsewhere");
      case Targets.AllLinear _ -> new Targets.Names(List.of("x"));
      case Duration duration -> duration.plusSeconds(1);
      case Beginning.Unchanged _ -> new Beginning.Pissa(OptionalInt.empty());
      case Enum<?> constant ->
          Stream.of(Objects.requireNonNull(constant.getDeclaringClass().getEnumConstants()))
              .filter(other -> !other.equals(constant))
              .findFirst()
              .orElseThrow();
      case List<?> none when component.getName().equals("preprocessors") ->
          List.of(new DropSmall(4));
      case Map<?, ?> none when component.getName().equals("rankPattern") ->
          new LinkedHashMap<>(Map.of("q_proj", 4));
      case Map<?, ?> none -> new LinkedHashMap<>(Map.of("q_proj", 4.0));
      case List<?> texts -> texts.isEmpty() ? List.of("x") : List.of();
      case Optional<?> optional ->
          optional.isPresent()
              ? Optional.of(another(component, optional.get()))
              : Optional.of(
                  sample(
                      ((ParameterizedType) component.getGenericType())
                          .getActualTypeArguments()[0].getTypeName()));
      default -> throw new AssertionError("this test can't change " + component);
    };
  }

  private static Object sample(String type) {
    String simple = type.substring(type.lastIndexOf('.') + 1);
    return switch (simple) {
      case "Path" -> Path.of("/elsewhere");
      case "String" -> "x";
      case "Integer" -> 5;
      case "Double" -> 0.5;
      case "Boolean" -> true;
      case "Long" -> 5L;
      case "EvaluationConfig$Strategy" -> EvaluationConfig.Strategy.STEPS;
      case "EvaluationConfig$BestMetric" -> EvaluationConfig.BestMetric.TOKEN_ACCURACY;
      case "DatasetTemplate" -> DatasetTemplate.MIXED;
      case "OptimizerConfig$Groups" -> OptimizerConfig.Groups.MULTIMODAL;
      case "CustomConfig$TrainerVariant" -> CustomConfig.TrainerVariant.GKD_MONITOR;
      case "Targets" -> new Targets.AllLinear();
      case "List<java.lang.Integer>", "Integer>" -> List.of(1);
      case "AugmentationConfig" -> AugmentationConfig.NONE;
      case "DistillationConfig" ->
          new DistillationConfig(
              DistillationConfig.Type.GKD, Path.of("/teacher"), 0.5, 0, 0, false, 0.9, 512);
      case "VisualKdConfig" ->
          new VisualKdConfig(
              true,
              Optional.of(new VisualKdConfig.Compared(true, 0.1, Distance.COSINE)),
              Optional.empty(),
              Optional.empty());
      case "DetectionSection" -> DetectionSection.DEFAULT;
      case "TeacherStudentConfig" ->
          new TeacherStudentConfig(Path.of("/pool.jsonl"), 0.5, 1, 0.3, 1);
      case "FusionConfig" -> new FusionConfig(1, List.of(), List.of());
      default -> throw new AssertionError("this test has no sample of " + type);
    };
  }

  @Test
  void theRoomOfThePatchBankDoesntChangeTheWeights() throws Exception {
    ConfigComparison comparison =
        ConfigComparison.of(
            config(),
            config("train_jsonl: train.jsonl", "train_jsonl: train.jsonl, patch_bank_mib: 7"));
    assertEquals(
        List.of("data.patch_bank_mib was 2048 and is now 7, which doesn't change the weights"),
        comparison.require("test", Set.of()));
  }
}
