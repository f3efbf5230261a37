package io.lockstep.model.adapter;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.model.config.InvalidConfigException;
import io.lockstep.model.testing.GoldenAdapter;
import io.lockstep.model.testing.GoldenFamily;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code adapter_config.json} in and out. */
class AdapterConfigTest {

  private static final String LEAST =
      """
      {"peft_type": "LORA", "r": 4, "lora_alpha": 8, "target_modules": ["q_proj"]}
      """;

  @TempDir Path folder;

  @Test
  void whatThePublicLibraryWritesIsRead() throws IOException {
    AdapterConfig config = AdapterConfig.read(GoldenAdapter.DORA.folder(GoldenFamily.QWEN3_VL));
    assertTrue(config.dora() && config.rankStabilised());
    assertEquals(List.of("visual.merger"), config.modulesToSave());
    assertEquals(3, config.rankOf("model.language_model.layers.1.self_attn.q_proj"));
    assertEquals(4, config.rankOf("model.language_model.layers.2.self_attn.q_proj"));
    assertEquals(
        5 / Math.sqrt(4), config.scaleOf("model.language_model.layers.0.self_attn.v_proj"));
    assertEquals(Optional.of("../checkpoint"), config.base());
  }

  @ParameterizedTest
  @EnumSource
  void whatIsWrittenReadsAsTheSame(GoldenAdapter adapter) throws IOException {
    AdapterConfig config = AdapterConfig.read(adapter.folder(GoldenFamily.QWEN2_5_VL));
    config.write(folder);
    assertEquals(config, AdapterConfig.read(folder));
  }

  @Test
  void allLinearAndNamesReadAsTheSameToo() throws IOException {
    AdapterConfig config =
        AdapterConfig.of(3, 1.5, new Targets.AllLinear())
            .withDropout(0.25)
            .withModulesToSave(List.of("norm"))
            .withBase("base");
    config.write(folder);
    assertEquals(config, AdapterConfig.read(folder));
    AdapterConfig named = config.withTargets(new Targets.Names(List.of("a", "b")));
    named.write(folder);
    assertEquals(named, AdapterConfig.read(folder));
  }

  @Test
  void settingsThatWouldChangeNumbersAreErrorsAllAtOnce() throws IOException {
    String refused =
        refused(
            LEAST.replace(
                "}",
                """
                , "bias": "some", "init_lora_weights": "pissa", "fan_in_fan_out": true,
                "layers_to_transform": ["1"], "task_type": "SEQ_CLS", "use_future_method": true}
                """));
    for (String part :
        List.of(
            "bias is \"some\"",
            "init_lora_weights is \"pissa\"",
            "fan_in_fan_out is true",
            "layers_to_transform is [\"1\"] but must be numbers of layers",
            "task_type is SEQ_CLS",
            "use_future_method is true but is not supported")) {
      assertTrue(refused.contains(part), refused);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"true", "false", "\"gaussian\"", "\"orthogonal\"", "\"eva\"", "\"mica\""})
  void beginningsThatLeaveTheBaseModelAsItIsAreRead(String value) throws IOException {
    Files.writeString(
        folder.resolve(AdapterConfig.FILE_NAME),
        LEAST.replace("}", ", \"init_lora_weights\": " + value + "}"));
    assertEquals(4, AdapterConfig.read(folder).rank());
  }

  @Test
  void withoutDropoutNothingIsDropped() throws IOException {
    Files.writeString(folder.resolve(AdapterConfig.FILE_NAME), LEAST);
    assertEquals(0, AdapterConfig.read(folder).dropout());
  }

  @Test
  void numbersOfLayersAreReadAndWritten() throws IOException {
    for (String one : List.of("1", "[1]")) {
      Files.writeString(
          folder.resolve(AdapterConfig.FILE_NAME),
          LEAST.replace(
              "}", ", \"layers_to_transform\": " + one + ", \"layers_pattern\": \"layers\"}"));
      AdapterConfig config = AdapterConfig.read(folder);
      assertEquals(
          new Targets.Names(
              List.of("q_proj"), Optional.of(new NumberedLayers(List.of(1), List.of("layers")))),
          config.targets());
      config.write(folder);
      assertEquals(config, AdapterConfig.read(folder));
    }
    String pattern = LEAST.replace("}", ", \"layers_pattern\": [\"layers\"]}");
    assertTrue(
        refused(pattern).contains("layers_pattern means nothing without layers_to_transform"));
    String text = LEAST.replace("[\"q_proj\"]", "\".*q_proj\", \"layers_to_transform\": [1]");
    assertTrue(refused(text).contains("layers_to_transform needs a list of names"), refused(text));
  }

  @Test
  void whatIsMissingOrOutOfRangeIsNamed() throws IOException {
    String refused =
        refused("{\"peft_type\": \"IA3\", \"r\": 0, \"lora_dropout\": 1, \"use_dora\": \"yes\"}");
    for (String part :
        List.of(
            "peft_type is \"IA3\" but only LORA is supported",
            "r is 0 but must be a rank of at least 1",
            "lora_alpha is missing",
            "lora_dropout is 1 but must be a share below 1",
            "use_dora is \"yes\"",
            "target_modules is missing")) {
      assertTrue(refused.contains(part), refused);
    }
    assertTrue(
        refused(LEAST.replace("[\"q_proj\"]", "\"(q_proj\""))
            .contains("target_modules is not a regular expression"));
    assertTrue(refused("[1]").contains("one JSON object"));
    assertTrue(refused("{").contains("is not valid JSON"));
  }

  private String refused(String json) throws IOException {
    Files.writeString(folder.resolve(AdapterConfig.FILE_NAME), json);
    return Objects.requireNonNull(
        assertThrows(InvalidConfigException.class, () -> AdapterConfig.read(folder)).getMessage());
  }
}
