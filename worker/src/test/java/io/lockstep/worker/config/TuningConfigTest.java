package io.lockstep.worker.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.config.ConfigException;
import io.lockstep.model.adapter.AdapterConfig;
import io.lockstep.model.adapter.Targets;
import io.lockstep.model.parameter.ParameterSpec.Module;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The section {@code tuning} of a recipe. */
class TuningConfigTest {

  @TempDir Path folder;

  @BeforeEach
  void prepareFiles() throws IOException {
    Files.createDirectory(folder.resolve("base"));
    Files.createDirectory(folder.resolve("adapter"));
    Files.writeString(folder.resolve("train.jsonl"), "{}\n");
  }

  @Test
  void everyKeyIsRead() throws Exception {
    TuningConfig config =
        parse(
                """
                mode: lora
                freeze_vit: true
                rank: 4
                alpha: 12
                dropout: 0.1
                target_modules: [q_proj, v_proj]
                modules_to_save: [visual.merger]
                dora: true
                rslora: true
                """)
            .tuning();
    AdapterConfig adapter =
        AdapterConfig.of(4, 12, new Targets.Names(List.of("q_proj", "v_proj")))
            .withDropout(0.1)
            .withModulesToSave(List.of("visual.merger"))
            .withDora(true)
            .withRankStabilised(true);
    assertEquals(TuningConfig.Mode.LORA, config.mode());
    assertEquals(Set.of(Module.VIT), config.frozen());
    assertEquals(Optional.of(adapter), config.adapter());
  }

  @Test
  void whatIsLeftOutHasDefaults() throws Exception {
    TuningConfig full = parse("{}").tuning();
    assertEquals(TuningConfig.Mode.FULL, full.mode());
    assertEquals(Set.of(), full.frozen());
    assertEquals(Optional.empty(), full.adapter());
    assertEquals(
        Optional.of(AdapterConfig.of(8, 16, new Targets.AllLinear())),
        parse("mode: lora").tuning().adapter());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "mode: lora",
        "{mode: full, freeze_aligner: true}",
        "{mode: lora, target_regex: '.*\\.(qkv|proj)', dora: true}",
        "{mode: lora, target_modules: [a, b], modules_to_save: [c], rank: 3, dropout: 0.5}",
        "{mode: lora, target_parameters: [a, b], rslora: true}",
        "{mode: lora, target_regex: 'a', target_parameters: [b]}",
        "{mode: lora, target_modules: all-linear, freeze_llm: true, rslora: true}"
      })
  void whatIsWrittenReadsAsTheSame(String tuning) throws Exception {
    RunConfig config = parse(tuning);
    assertEquals(config, RunConfig.parse(config.toYaml(), "copy", Path.of("/")));
  }

  @Test
  void expertsAreAdaptedAloneUnlessLayersAreNamedToo() throws Exception {
    AdapterConfig alone =
        AdapterConfig.of(8, 16, new Targets.Names(List.of()))
            .withParameters(List.of("mlp.experts.down_proj"));
    assertEquals(
        Optional.of(alone),
        parse("{mode: lora, target_parameters: [mlp.experts.down_proj]}").tuning().adapter());
    assertEquals(
        Optional.of(alone.withTargets(new Targets.AllLinear())),
        parse(
                "{mode: lora, target_modules: all-linear, target_parameters:"
                    + " [mlp.experts.down_proj]}")
            .tuning()
            .adapter());
    assertRefused(
        recipe("{mode: lora, target_parameters: [a], dropout: 0.1, dora: true}", "path: base"),
        "tuning.dropout must be 0 with tuning.target_parameters",
        "tuning.dora must be false with tuning.target_parameters");
    assertRefused(
        recipe("{target_parameters: [a]}", "path: base"),
        "tuning.target_parameters describes an adapter");
    assertRefused(
        recipe("{mode: lora, target_modules: []}", "path: base"),
        "tuning.target_modules must name layers, or be all-linear");
  }

  @Test
  void anAdapterToGoOnWithDecidesItsOwnShape() throws Exception {
    Path recipe = recipe("{mode: lora}", "path: base, adapter: adapter");
    assertEquals(Optional.of(folder.resolve("adapter")), RunConfig.read(recipe).model().adapter());
    assertEquals(Optional.empty(), RunConfig.read(recipe).tuning().adapter());
    assertRefused(
        recipe("{mode: lora, rank: 3}", "path: base, adapter: adapter"),
        "tuning.rank must be left out: model.adapter decides it");
    assertRefused(
        recipe("{mode: full}", "path: base, adapter: adapter"),
        "tuning.mode must be lora to go on with model.adapter");
  }

  @Test
  void whatContradictsItselfIsNamedAllAtOnce() throws Exception {
    assertRefused(
        recipe(
            "{mode: lora, rank: 0, dropout: 1, target_modules: [], target_regex: '('}",
            "path: base, weights: initialise"),
        "tuning.rank must be between 1",
        "tuning.dropout must be between 0 and 0.95",
        "tuning.target_regex and tuning.target_modules exclude each other",
        "tuning.target_regex is not a regular expression",
        "tuning.mode lora needs model.weights: load");
    assertRefused(
        recipe("{rank: 8}", "path: base"),
        "tuning.rank describes an adapter: add tuning.mode: lora");
    assertRefused(
        recipe("{mode: lora, target_modules: '.*proj'}", "path: base"),
        "tuning.target_modules must be a list of names or all-linear, not '.*proj'");
  }

  @Test
  void aBaseModelThatIsAnAdapterIsRefusedWithTheRightKey() throws Exception {
    Files.writeString(folder.resolve("adapter/adapter_config.json"), "{}");
    assertRefused(recipe("{mode: lora}", "path: adapter"), "holds an adapter", "model.adapter");
  }

  private static void assertRefused(Path recipe, String... parts) {
    String problems =
        assertThrows(ConfigException.class, () -> RunConfig.read(recipe)).problems().toString();
    for (String part : parts) {
      assertTrue(problems.contains(part), problems);
    }
  }

  private RunConfig parse(String tuning) throws Exception {
    return RunConfig.read(recipe(tuning, "path: base"));
  }

  private Path recipe(String tuning, String model) throws IOException {
    return Files.writeString(
        folder.resolve("recipe.yaml"),
        """
        run: {seed: 7}
        model: {%s}
        data: {train_jsonl: train.jsonl, template: target_summary}
        training: {max_steps: 10, global_batch_size: 8, global_max_length: 512}
        optimizer: {learning_rate: 1.0e-4}
        tuning:
        """
                .formatted(model)
            + tuning.indent(2));
  }
}
