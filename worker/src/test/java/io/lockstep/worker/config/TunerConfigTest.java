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

/** The section {@code tuner} of a recipe. */
class TunerConfigTest {

  @TempDir Path folder;

  @BeforeEach
  void prepareFiles() throws IOException {
    Files.createDirectory(folder.resolve("base"));
    Files.createDirectory(folder.resolve("adapter"));
    Files.writeString(folder.resolve("train.jsonl"), "{}\n");
  }

  @Test
  void everyKeyIsRead() throws Exception {
    TunerConfig config =
        parse(
                """
                train_type: lora
                freeze_llm: true
                freeze_vit: true
                freeze_aligner: false
                lora_rank: 4
                lora_alpha: 12
                lora_dropout: 0.1
                target_modules: [q_proj, v_proj]
                modules_to_save: [visual.merger]
                use_dora: true
                use_rslora: true
                """)
            .tuner();
    AdapterConfig adapter =
        AdapterConfig.of(4, 12, new Targets.Names(List.of("q_proj", "v_proj")))
            .withDropout(0.1)
            .withModulesToSave(List.of("visual.merger"))
            .withDora(true)
            .withRankStabilised(true);
    assertEquals(TunerConfig.TrainType.LORA, config.trainType());
    assertEquals(Set.of(Module.LLM, Module.VIT), config.frozen());
    assertEquals(Set.of(Module.ALIGNER), config.trained());
    assertEquals(Optional.of(adapter), config.adapter());
  }

  @Test
  void whatIsLeftOutHasDefaults() throws Exception {
    TunerConfig adapter = parse("{}").tuner();
    assertEquals(TunerConfig.TrainType.LORA, adapter.trainType());
    assertEquals(Set.of(Module.VIT, Module.ALIGNER), adapter.frozen());
    assertEquals(
        Optional.of(AdapterConfig.of(8, 32, new Targets.AllLinear()).withDropout(0.05)),
        adapter.adapter());
    TunerConfig full = parse("train_type: full").tuner();
    assertEquals(Set.of(Module.VIT, Module.ALIGNER), full.frozen());
    assertEquals(Optional.empty(), full.adapter());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "train_type: lora",
        "{train_type: full, freeze_vit: false, freeze_aligner: true}",
        "{train_type: lora, target_regex: '.*\\.(qkv|proj)', use_dora: true}",
        "{train_type: lora, target_modules: [a, b], modules_to_save: [c], lora_rank: 3, lora_dropout: 0.5}",
        "{train_type: lora, target_parameters: [a, b], use_rslora: true}",
        "{train_type: lora, target_regex: 'a', target_parameters: [b]}",
        "{target_modules: all-linear, freeze_llm: true, freeze_aligner: false, use_rslora: true}",
        "{freeze_llm: true, target_regex: '^$', modules_to_save: [visual.merger]}",
        "{resume_from_checkpoint: adapter, target_modules: [all-linear]}",
        "{lora_bias: lora_only, init_weights: pissa_niter_8}"
      })
  void whatIsWrittenReadsAsTheSame(String tuner) throws Exception {
    RunConfig config = parse(tuner);
    assertEquals(config, RunConfig.parse(config.toYaml(), "copy", Path.of("/")));
  }

  @Test
  void ranksAndLayersMayDifferAsInPeft() throws Exception {
    AdapterConfig adapter =
        parse(
                """
                train_type: lora
                target_modules: [q_proj, v_proj]
                rank_pattern: {'layers.0.self_attn.q_proj': 2}
                alpha_pattern: {v_proj: 5}
                exclude_modules: [layers.1.self_attn.v_proj]
                layers_to_transform: [0, 1]
                init_weights: true
                lora_bias: none
                """)
            .tuner()
            .adapter()
            .orElseThrow();
    String q = "model.language_model.layers.0.self_attn.q_proj";
    assertEquals(2, adapter.rankOf(q));
    assertEquals(8, adapter.rankOf(q.replace("0", "1")));
    assertEquals(5.0 / 8, adapter.scaleOf(q.replace("q_proj", "v_proj")));
    assertTrue(adapter.targets().match(q));
    assertTrue(!adapter.targets().match(q.replace("0", "2")));
    assertTrue(
        adapter.excluded().orElseThrow().match("model.language_model.layers.1.self_attn.v_proj"));
    assertRefused(
        recipe("{init_weights: loftq, lora_bias: true, layers_to_transform: [0]}", "model: base"),
        "tuner.init_weights must be true, pissa, pissa_niter_N (N rounds that approximate it) or olora, not 'loftq'",
        "tuner.lora_bias must be one of none, all, lora_only, not 'true'",
        "tuner.layers_to_transform needs names in tuner.target_modules");
    assertRefused(
        recipe("{rank_pattern: {'(': 2, q_proj: 0}}", "model: base"),
        "tuner.rank_pattern has the key '('",
        "tuner.rank_pattern.q_proj must be a whole number of at least 1, not 0");
    assertRefused(recipe("{train_type: boft}", "model: base"), "take lora, with use_dora");
  }

  @Test
  void updatesMayBeginAtAPartOfTheirWeights() throws Exception {
    for (String word : List.of("true", "pissa", "pissa_niter_4", "olora")) {
      AdapterConfig adapter =
          parse("{lora_rank: 4, lora_alpha: 8, init_weights: " + word + "}")
              .tuner()
              .adapter()
              .orElseThrow();
      assertEquals(word, adapter.beginning().text());
      assertEquals(word.equals("true") ? 4 : 8, adapter.stored().rank());
      assertEquals(adapter.scaleOf("q_proj"), adapter.stored().scaleOf("q_proj"));
    }
    assertRefused(
        recipe("{init_weights: olora, target_parameters: [mlp.experts.down_proj]}", "model: base"),
        "tuner.init_weights must be true with tuner.target_parameters");
    assertRefused(
        recipe("{train_type: full, init_weights: pissa}", "model: base"),
        "tuner.init_weights describes an adapter");
    assertRefused(
        recipe("{init_weights: pissa_niter_x}", "model: base"),
        "(N rounds that approximate it) or olora, not 'pissa_niter_x'");
  }

  @Test
  void expertsAreAdaptedAloneUnlessLayersAreNamedToo() throws Exception {
    AdapterConfig alone =
        AdapterConfig.of(8, 32, new Targets.Names(List.of()))
            .withParameters(List.of("mlp.experts.down_proj"));
    assertEquals(
        Optional.of(alone),
        parse("{train_type: lora, target_parameters: [mlp.experts.down_proj]}").tuner().adapter());
    assertEquals(
        Optional.of(alone.withTargets(new Targets.AllLinear())),
        parse(
                "{train_type: lora, target_modules: all-linear, target_parameters:"
                    + " [mlp.experts.down_proj]}")
            .tuner()
            .adapter());
    assertRefused(
        recipe(
            "{train_type: lora, target_parameters: [a], lora_dropout: 0.1, use_dora: true}",
            "model: base"),
        "tuner.lora_dropout must be 0 with tuner.target_parameters",
        "tuner.use_dora must be false with tuner.target_parameters");
    assertRefused(
        recipe("{train_type: full, target_parameters: [a]}", "model: base"),
        "tuner.target_parameters describes an adapter");
    assertRefused(
        recipe("{train_type: lora, target_modules: []}", "model: base"),
        "tuner.target_modules must name layers, or be [all-linear]");
  }

  @Test
  void anAdapterToGoOnWithDecidesItsOwnShape() throws Exception {
    Path recipe = recipe("{resume_from_checkpoint: adapter}", "model: base");
    TunerConfig tuner = RunConfig.read(recipe).tuner();
    assertEquals(Optional.of(folder.resolve("adapter")), tuner.resumeFromCheckpoint());
    assertEquals(Optional.empty(), tuner.adapter());
    assertEquals(Optional.empty(), tuner.loraRank());
    assertRefused(
        recipe("{train_type: full, resume_from_checkpoint: adapter}", "model: base"),
        "tuner.resume_from_checkpoint describes an adapter: write tuner.train_type: lora");
    assertRefused(
        recipe("{resume_from_checkpoint: nowhere}", "model: base"),
        "tuner.resume_from_checkpoint names " + folder.resolve("nowhere"));
  }

  @Test
  void allLinearLayersAreNamedByOneWordAlone() throws Exception {
    for (String all : List.of("all-linear", "[all-linear]")) {
      assertEquals(
          Optional.of(new Targets.AllLinear()),
          parse("{target_modules: %s}".formatted(all)).tuner().targetModules());
    }
    assertRefused(
        recipe("{target_modules: [all-linear, q_proj]}", "model: base"),
        "tuner.target_modules must be either [all-linear] or names");
  }

  @Test
  void allPartsMayBeFrozenOnlyIfModulesAreTrainedWhole() throws Exception {
    String frozen = "freeze_llm: true, freeze_vit: true, freeze_aligner: true";
    assertRefused(
        recipe("{%s}".formatted(frozen), "model: base"),
        "tuner.freeze_llm and the other parts are all frozen, and no modules_to_save are named");
    assertEquals(
        Set.of(),
        parse("{%s, target_regex: '^$', modules_to_save: [visual.merger]}".formatted(frozen))
            .tuner()
            .trained());
  }

  @Test
  void whatContradictsItselfIsNamedAllAtOnce() throws Exception {
    assertRefused(
        recipe(
            "{lora_rank: 0, lora_dropout: 1, target_modules: [], target_regex: '('}",
            "model: base, weights: initialise"),
        "tuner.lora_rank must be between 1",
        "tuner.lora_dropout must be between 0 and 0.95",
        "tuner.target_regex and tuner.target_modules exclude each other",
        "tuner.target_regex is not a regular expression",
        "tuner.train_type lora needs model.weights: load");
    assertRefused(
        recipe("{train_type: full, lora_rank: 8}", "model: base"),
        "tuner.lora_rank describes an adapter: write tuner.train_type: lora, or remove it");
    assertRefused(
        recipe("{train_type: lora, target_modules: '.*proj'}", "model: base"),
        "tuner.target_modules must be a list of names, or [all-linear], not '.*proj'");
  }

  @Test
  void aBaseModelThatIsAnAdapterIsRefusedWithTheRightKey() throws Exception {
    Files.writeString(folder.resolve("adapter/adapter_config.json"), "{}");
    assertRefused(
        recipe("{}", "model: adapter"), "holds an adapter", "tuner.resume_from_checkpoint");
  }

  private static void assertRefused(Path recipe, String... parts) {
    String problems =
        assertThrows(ConfigException.class, () -> RunConfig.read(recipe)).problems().toString();
    for (String part : parts) {
      assertTrue(problems.contains(part), problems);
    }
  }

  private RunConfig parse(String tuner) throws Exception {
    return RunConfig.read(recipe(tuner, "model: base"));
  }

  private Path recipe(String tuner, String model) throws IOException {
    return Files.writeString(
        folder.resolve("recipe.yaml"),
        """
        global_max_length: 512
        model: {%s}
        data: {train_jsonl: train.jsonl, template: target_summary}
        training: {seed: 7, max_steps: 10, learning_rate: 1.0e-4}
        tuner:
        """
                .formatted(model)
            + tuner.indent(2));
  }
}
