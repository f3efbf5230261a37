package io.lockstep.model.adapter;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.model.adapter.AdapterPlan.Layer;
import io.lockstep.model.family.ModelFamilies;
import io.lockstep.model.parameter.ParameterLayout;
import io.lockstep.model.parameter.ParameterSpec;
import io.lockstep.model.parameter.ParameterSpec.Module;
import io.lockstep.model.testing.GoldenFamily;
import java.io.IOException;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Which layers and parameters a configuration means. */
class AdapterPlanTest {

  private static final Targets.AllLinear ALL = new Targets.AllLinear();
  private static final int LINEAR_OF_A_TEXT_LAYER = 7;
  private static final String V_PROJ = "model.language_model.layers.1.self_attn.v_proj";

  @ParameterizedTest
  @EnumSource
  void allLinearMeansEveryMatrixOfTheModelButTablesAndHead(GoldenFamily family) throws IOException {
    ParameterLayout base = layout(family);
    AdapterPlan plan = AdapterPlan.of(config(ALL), base, Set.of());
    Set<String> matrices =
        base.slots().stream()
            .map(ParameterLayout.Slot::spec)
            .filter(spec -> spec.shape().size() == 2)
            .map(ParameterSpec::name)
            .filter(name ->
                !name.contains("embed_tokens") && !name.contains("pos_embed") && !isHead(name))
            .map(name -> name.replace(".weight", ""))
            .collect(Collectors.toSet());
    assertEquals(matrices, names(plan));
  }

  private static boolean isHead(String name) {
    return name.startsWith("lm_head");
  }

  @ParameterizedTest
  @EnumSource(
      value = Module.class,
      names = {"LLM", "VIT", "ALIGNER"})
  void allLinearLeavesFrozenPartsAlone(Module part) throws IOException {
    AdapterPlan plan = AdapterPlan.of(config(ALL), layout(GoldenFamily.QWEN3_VL), EnumSet.of(part));
    assertFalse(plan.touches(part));
    for (Module other : EnumSet.complementOf(EnumSet.of(part, Module.DETECTION))) {
      assertTrue(plan.touches(other), other + " has adapters");
    }
    assertEquals(
        new Targets.Names(names(plan).stream().sorted().toList()),
        plan.config().targets(),
        "what is stored names the layers, for all-linear would mean others");
  }

  @Test
  void aNameMeansEveryModuleThatEndsWithItAfterADot() throws IOException {
    AdapterPlan plan = plan(new Targets.Names(List.of("q_proj", "layers.1.mlp.down_proj")));
    assertEquals(
        Set.of(
            "model.language_model.layers.0.self_attn.q_proj",
            "model.language_model.layers.1.self_attn.q_proj",
            "model.language_model.layers.2.self_attn.q_proj",
            "model.language_model.layers.3.self_attn.q_proj",
            "model.language_model.layers.1.mlp.down_proj"),
        names(plan));
  }

  /** As PEFT 0.21 chooses them, with and without a pattern. */
  @Test
  void numberedLayersMeanThoseOfAnyListOrOfThatOne() throws IOException {
    List<String> names = List.of("q_proj", "qkv", "linear_fc1", "visual.merger.linear_fc2");
    Set<String> any = names(plan(numbered(names, List.of(0, 2))));
    assertEquals(2 + 2 + 2 + 2, any.size(), any.toString());
    assertTrue(any.contains("model.visual.deepstack_merger_list.2.linear_fc1"));
    assertTrue(any.contains("model.visual.blocks.0.attn.qkv"));
    assertEquals(
        Set.of(
            "model.language_model.layers.0.self_attn.q_proj",
            "model.language_model.layers.2.self_attn.q_proj"),
        names(plan(numbered(names, List.of(0, 2), "layers"))));
    String whole = "model.language_model.layers.1.self_attn.q_proj";
    assertEquals(
        Set.of(whole, "model.visual.blocks.3.attn.qkv"),
        names(plan(numbered(List.of(whole, "qkv"), List.of(3)))),
        "a full name counts whatever its number");
    assertRefused(
        config(numbered(List.of("q_proj"), List.of(0, 9))),
        "layers_to_transform: no layer that target_modules mean lies in layer 9");
  }

  private static Targets numbered(List<String> names, List<Integer> layers, String... lists) {
    return new Targets.Names(names, Optional.of(new NumberedLayers(layers, List.of(lists))));
  }

  @Test
  void aListOfModulesIsStoredAsItsMembersWhichAnotherLibraryCanReplace() throws IOException {
    AdapterPlan plan =
        AdapterPlan.of(
            config(new Targets.Names(List.of("q_proj")))
                .withModulesToSave(List.of("deepstack_merger_list", "visual.merger")),
            layout(GoldenFamily.QWEN3_VL),
            Set.of());
    assertEquals(
        List.of(
            "deepstack_merger_list.0",
            "deepstack_merger_list.1",
            "deepstack_merger_list.2",
            "visual.merger"),
        plan.config().modulesToSave());
    assertTrue(plan.replaced().contains("model.visual.deepstack_merger_list.2.norm.weight"));
  }

  @Test
  void aHeadThatIsTheTableCannotBeAdapted() {
    assertRefused(
        config(new Targets.Names(List.of("q_proj", "lm_head"))),
        "lm_head is the embedding table of this model (tie_word_embeddings)");
  }

  @Test
  void anExpressionMeansModulesThatItMatchesAsAWhole() throws IOException {
    assertEquals(
        Set.of("model.visual.blocks.2.attn.qkv"),
        names(plan(Targets.Regex.of(".*visual\\.blocks\\.2\\.attn\\.qkv"))));
    assertRefused(
        config(Targets.Regex.of("blocks\\.2\\.attn\\.qkv")), "matches no layer", "q_proj");
  }

  @Test
  void whatMeansNothingIsAnErrorThatNamesItAndTheLayersThereAre() {
    assertRefused(
        config(new Targets.Names(List.of("q_proj", "query", "dense"))),
        "no layer is called query; the model's linear layers are called",
        "no layer is called dense",
        "gate_proj");
    assertRefused(
        config(ALL).withModulesToSave(List.of("classifier")),
        "modules_to_save: no module is called classifier");
  }

  @Test
  void whatIsNoLinearLayerCannotBeAdapted() {
    assertRefused(
        config(new Targets.Names(List.of("embed_tokens", "q_norm"))),
        "model.language_model.embed_tokens, ",
        "self_attn.q_norm",
        "which are no linear layers");
  }

  @Test
  void targetsThatAreAllFrozenAreAnError() {
    assertRefused(config(new Targets.Names(List.of("qkv"))), Set.of(Module.VIT), "frozen", "VIT");
  }

  @Test
  void modulesOfFrozenPartsAreTrainedWholeWithoutAnyLayer() throws IOException {
    List<String> mergers =
        List.of(
            "model.visual.merger",
            "model.visual.deepstack_merger_list.0",
            "model.visual.deepstack_merger_list.1",
            "model.visual.deepstack_merger_list.2");
    AdapterPlan plan =
        AdapterPlan.of(
            config(Targets.Regex.of("^$")).withModulesToSave(mergers),
            layout(GoldenFamily.QWEN3_VL),
            EnumSet.allOf(Module.class));
    assertEquals(List.of(), plan.layers());
    assertEquals(
        layout(GoldenFamily.QWEN3_VL).slots().stream()
            .map(ParameterLayout.Slot::spec)
            .filter(spec -> spec.module() == Module.ALIGNER)
            .map(ParameterSpec::name)
            .collect(Collectors.toSet()),
        plan.replaced());
    assertEquals(Targets.NOTHING, plan.config().targets());
    assertEquals(
        plan.layout().slots(),
        AdapterPlan.of(plan.config(), layout(GoldenFamily.QWEN3_VL), Set.of()).layout().slots());
    assertRefused(config(Targets.Regex.of("^$")), "the pattern '^$' matches no layer");
  }

  @Test
  void anAdapterIsExtendedByLayersAndModulesThatItLacks() throws IOException {
    ParameterLayout base = layout(GoldenFamily.QWEN3_VL);
    AdapterPlan stored =
        AdapterPlan.of(
            AdapterConfig.of(3, 12, new Targets.Names(List.of("linear_fc2")))
                .withModulesToSave(List.of("language_model.norm")),
            base,
            Set.of(Module.VIT));
    AdapterPlan more =
        stored.extended(
            new Targets.Names(List.of("v_proj", "linear_fc2")),
            List.of("layers.0.mlp"),
            base,
            Set.of(Module.VIT));
    assertTrue(names(more).containsAll(names(stored)));
    assertEquals(names(stored).size() + 4, names(more).size());
    assertEquals(3, Objects.requireNonNull(more.layer(V_PROJ)).rank());
    assertTrue(more.replaced().containsAll(stored.replaced()));
    assertTrue(more.replaced().contains("model.language_model.layers.0.mlp.up_proj.weight"));
    assertFalse(more.touches(Module.VIT));
    InvalidAdapterException refused =
        assertThrows(
            InvalidAdapterException.class,
            () -> stored.extended(Targets.NOTHING, List.of("visual.merger"), base, Set.of()));
    assertTrue(Objects.requireNonNull(refused.getMessage()).contains("has updates of"));
  }

  @Test
  void modulesToSaveAreTrainedWholeAndNotAdaptedBesides() throws IOException {
    AdapterPlan plan =
        AdapterPlan.of(
            config(ALL).withModulesToSave(List.of("visual.merger", "layers.0.mlp")),
            layout(GoldenFamily.QWEN3_VL),
            Set.of());
    assertEquals(
        "base_model.model.model.visual.merger.norm.bias",
        plan.savedName("model.visual.merger.norm.bias"));
    assertTrue(plan.replaced().contains("model.language_model.layers.0.mlp.up_proj.weight"));
    assertFalse(names(plan).contains("model.language_model.layers.0.mlp.up_proj"));
    assertTrue(names(plan).contains("model.language_model.layers.1.mlp.up_proj"));
    assertTrue(names(plan).contains("model.visual.deepstack_merger_list.0.linear_fc1"));
  }

  @Test
  void aTableThatIsTheHeadTooCannotBeTrainedWhole() {
    for (String table : List.of("embed_tokens", "lm_head")) {
      assertRefused(
          config(ALL).withModulesToSave(List.of(table)),
          "modules_to_save: " + table + " is embedding table and head of this model in one");
      assertRefused(
          config(ALL).withModulesToSave(List.of(table)),
          "tuner.train_type full, or give the model");
    }
  }

  @Test
  void theScaleIsAlphaOverTheRankOrItsRoot() throws IOException {
    AdapterConfig plain = AdapterConfig.of(4, 10, new Targets.Names(List.of("v_proj")));
    assertEquals(2.5, anyLayer(plain).scale());
    assertEquals(5, anyLayer(plain.withRankStabilised(true)).scale());
  }

  @Test
  void tensorsHaveThePublicNamesAndShapes() throws IOException {
    Layer layer = anyLayer(config(new Targets.Names(List.of("layers.0.self_attn.v_proj"))));
    String prefix = "base_model.model.model.language_model.layers.0.self_attn.v_proj.";
    AdapterPlan plan =
        AdapterPlan.of(
            config(new Targets.Names(List.of("layers.0.self_attn.v_proj"))).withDora(true),
            layout(GoldenFamily.QWEN3_VL),
            Set.of());
    assertEquals(
        List.of(
            prefix + "lora_A.weight [2, 64]",
            prefix + "lora_B.weight [64, 2]",
            prefix + "lora_magnitude_vector [64]"),
        plan.layout().slots().stream()
            .map(slot -> slot.spec().name() + " " + slot.spec().shape())
            .toList());
    assertEquals(64, layer.in());
  }

  @Test
  void publishedTargetsOfTheLanguageModelAreSevenMatricesALayer() throws IOException {
    AdapterPlan plan =
        AdapterPlan.of(
            AdapterConfig.read(GoldenFamily.QWEN3_VL.file("adapter")),
            layout(GoldenFamily.QWEN3_VL),
            Set.of());
    assertEquals(4 * LINEAR_OF_A_TEXT_LAYER, plan.layers().size());
    assertFalse(plan.touches(Module.VIT) || plan.touches(Module.ALIGNER));
  }

  private static void assertRefused(AdapterConfig config, String... parts) {
    assertRefused(config, Set.of(), parts);
  }

  private static void assertRefused(AdapterConfig config, Set<Module> frozen, String... parts) {
    InvalidAdapterException refused =
        assertThrows(
            InvalidAdapterException.class,
            () -> AdapterPlan.of(config, layout(GoldenFamily.QWEN3_VL), frozen));
    String message = Objects.requireNonNull(refused.getMessage());
    for (String part : parts) {
      assertTrue(message.contains(part), message);
    }
  }

  private static Layer anyLayer(AdapterConfig config) throws IOException {
    return AdapterPlan.of(config, layout(GoldenFamily.QWEN3_VL), Set.of()).layers().getFirst();
  }

  private static AdapterPlan plan(Targets targets) throws IOException {
    return AdapterPlan.of(config(targets), layout(GoldenFamily.QWEN3_VL), Set.of());
  }

  private static AdapterConfig config(Targets targets) {
    return AdapterConfig.of(2, 4, targets);
  }

  private static Set<String> names(AdapterPlan plan) {
    return plan.layers().stream().map(Layer::name).collect(Collectors.toSet());
  }

  private static ParameterLayout layout(GoldenFamily family) throws IOException {
    return ModelFamilies.read(family.checkpoint().resolve("config.json")).layout();
  }
}
