package io.lockstep.model.adapter;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.model.config.InvalidConfigException;
import io.lockstep.model.family.ModelFamilies;
import io.lockstep.model.parameter.ParameterLayout;
import io.lockstep.model.parameter.ParameterSpec;
import io.lockstep.model.testing.GoldenFamily;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which experts {@code target_parameters} mean, and what can't be done to them. */
class ExpertTargetsTest {

  private static final String EXPERTS = "model.language_model.layers.1.mlp.experts";
  private static final String GATE_UP = "mlp.experts.gate_up_proj";
  private static final String DOWN = "experts.down_proj";
  private static final AdapterConfig NOTHING = AdapterConfig.of(2, 4, new Targets.Names(List.of()));

  @TempDir private Path folder;

  @Test
  void oneParameterOfAModuleIsStoredUnderTheModule() throws Exception {
    for (String name : List.of(GATE_UP, DOWN, EXPERTS + ".down_proj")) {
      AdapterPlan plan = plan(NOTHING.withParameters(List.of(name)));
      assertEquals(List.of(EXPERTS), wrappers(plan), name);
      assertEquals(
          List.of(
              "base_model.model." + EXPERTS + ".lora_A.weight",
              "base_model.model." + EXPERTS + ".lora_B.weight"),
          plan.layout().slots().stream().map(slot -> slot.spec().name()).toList());
    }
  }

  @Test
  void twoAreNestedInTheOrderOfTheModuleWhateverTheOrderOfTheirNames() throws Exception {
    AdapterPlan plan = plan(NOTHING.withParameters(List.of(DOWN, GATE_UP)));
    assertEquals(List.of(EXPERTS + ".base_layer", EXPERTS), wrappers(plan));
    assertEquals(
        List.of(EXPERTS + ".gate_up_proj", EXPERTS + ".down_proj"),
        plan.stacks().stream().map(AdapterPlan.Stack::name).toList());
  }

  @Test
  void layersAreNotAddedUnlessTheyAreNamed() throws Exception {
    assertEquals(List.of(), plan(NOTHING.withParameters(List.of(DOWN))).layers());
    AdapterPlan both =
        plan(AdapterConfig.of(2, 4, new Targets.AllLinear()).withParameters(List.of(DOWN)));
    assertTrue(both.layers().size() > 1);
    assertEquals(1, both.stacks().size());
  }

  @Test
  void aNameThatMeansNothingIsAnErrorThatSaysWhatTheExpertsHave() {
    assertRefused(
        NOTHING.withParameters(List.of(DOWN, "w1")),
        "target_parameters: no parameter is called w1; the model's experts have"
            + " mlp.experts.gate_up_proj, mlp.experts.down_proj");
    InvalidAdapterException dense =
        assertThrows(
            InvalidAdapterException.class,
            () ->
                AdapterPlan.of(
                    NOTHING.withParameters(List.of(DOWN)),
                    ModelFamilies.read(GoldenFamily.QWEN3_VL.checkpoint().resolve("config.json"))
                        .layout(),
                    Set.of()));
    assertTells("the model has no experts", dense);
  }

  @Test
  void aParameterThatIsNoWeightOfExpertsIsRefused() {
    assertRefused(
        NOTHING.withParameters(List.of("q_proj.weight")),
        "q_proj.weight means model.language_model.layers.0.self_attn.q_proj.weight, which isn't the"
            + " weight of several experts");
  }

  @Test
  void whatThePublicLibraryRefusesIsRefused() {
    AdapterConfig experts = NOTHING.withParameters(List.of(DOWN));
    assertRefused(experts.withDropout(0.1), "target_parameters take no dropout");
    assertRefused(experts.withDora(true), "target_parameters take no learned magnitudes");
    assertRefused(
        experts.withModulesToSave(List.of("mlp.experts")), "which modules_to_save train whole");
  }

  @Test
  void frozenExpertsAreRefused() {
    InvalidAdapterException refused =
        assertThrows(
            InvalidAdapterException.class,
            () ->
                AdapterPlan.of(
                    NOTHING.withParameters(List.of(DOWN)),
                    layout(),
                    Set.of(ParameterSpec.Module.LLM)));
    assertTells("which is frozen with the rest of LLM", refused);
  }

  @Test
  void aConfigurationNeedsATargetOfEitherKindAndNamesInAList() throws Exception {
    String config = "{\"peft_type\": \"LORA\", \"r\": 2, \"lora_alpha\": 4, \"lora_bias\": %s, %s}";
    assertEquals(
        NOTHING.withParameters(List.of(DOWN)),
        read(config.formatted("false", "\"target_parameters\": [\"" + DOWN + "\"]")));
    assertFaulty(
        config.formatted("false", "\"target_parameters\": []"), "target_modules is missing");
    assertFaulty(
        config.formatted("false", "\"target_parameters\": \"" + DOWN + "\""),
        "target_parameters is \"" + DOWN + "\" but must be a list of names");
    assertFaulty(
        config.formatted("true", "\"target_parameters\": [\"" + DOWN + "\"]"),
        "lora_bias is true but is not supported");
  }

  private void assertFaulty(String config, String problem) {
    assertTells(problem, assertThrows(InvalidConfigException.class, () -> read(config)));
  }

  private AdapterConfig read(String config) throws Exception {
    Files.writeString(folder.resolve(AdapterConfig.FILE_NAME), config);
    return AdapterConfig.read(folder);
  }

  private static void assertRefused(AdapterConfig config, String problem) {
    assertTells(problem, assertThrows(InvalidAdapterException.class, () -> plan(config)));
  }

  private static void assertTells(String problem, Exception refused) {
    assertTrue(String.valueOf(refused.getMessage()).contains(problem), refused::toString);
  }

  private static List<String> wrappers(AdapterPlan plan) {
    return plan.stacks().stream().map(AdapterPlan.Stack::wrapper).toList();
  }

  private static AdapterPlan plan(AdapterConfig config) throws Exception {
    return AdapterPlan.of(config, layout(), Set.of());
  }

  private static ParameterLayout layout() throws Exception {
    return ModelFamilies.read(shape().resolve("config.json")).layout();
  }

  private static Path shape() throws URISyntaxException {
    return Path.of(
        Objects.requireNonNull(ExpertTargetsTest.class.getResource("/shapes/qwen3_vl_moe-1"))
            .toURI());
  }
}
