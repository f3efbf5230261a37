package io.lockstep.model.cost;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lockstep.model.adapter.AdapterConfig;
import io.lockstep.model.adapter.AdapterPlan;
import io.lockstep.model.adapter.Targets;
import io.lockstep.model.family.ModelFamilies;
import io.lockstep.model.network.ModelConfig;
import io.lockstep.model.parameter.ParameterLayout;
import io.lockstep.model.parameter.ParameterSpec.Module;
import io.lockstep.model.testing.GoldenFamily;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The count against what processes were measured to need. */
class ActivationBytesTest {

  private static final Path BASE = Path.of("..", "base-model", "config.json");
  private static final double MEBIBYTE = 1 << 20;
  private static final double SHARE = 0.2;

  @TempDir private Path folder;

  /**
   * Growth of the resident memory of a process over one pass, in MiB, at its highest: the shipped
   * base model, the same with as many key-value heads as query heads, and the reference model of
   * Qwen2.5-VL; training all, all with checkpointing, the decoder alone, and adapters of rank 8 on
   * all linear layers.
   */
  @ParameterizedTest
  @CsvSource({
    "base, full, 8, 256, 0, 0, 64, 147.6",
    "base, full, 8, 256, 0, 0, 2038, 154.3",
    "base, full, 2, 1024, 0, 0, 16, 287.3",
    "base, full, 8, 272, 8, 1024, 64, 811.9",
    "base, checkpointing, 8, 256, 0, 0, 64, 56.2",
    "base, checkpointing, 8, 144, 8, 512, 64, 159.6",
    "base, frozen, 8, 144, 8, 512, 64, 149.7",
    "base, lora, 4, 256, 0, 0, 32, 81.6",
    "ungrouped, full, 8, 256, 0, 0, 64, 121.1",
    "qwen2_5_vl, full, 8, 272, 8, 1024, 64, 442.6",
    "qwen2_5_vl, checkpointing, 4, 144, 4, 512, 32, 33.6",
    "qwen2_5_vl, frozen, 4, 144, 4, 512, 32, 25.1",
    "qwen2_5_vl, lora, 4, 144, 4, 512, 32, 83.5",
  })
  void theCountIsWhatWasMeasured(
      String model,
      String mode,
      int rows,
      int length,
      int pictures,
      int patches,
      int supervised,
      double measured)
      throws IOException {
    ModelConfig config = config(model);
    Optional<AdapterPlan> adapter = adapter(mode, config);
    ParameterLayout whole =
        mode.equals("frozen")
            ? config.layout().without(Set.of(Module.VIT, Module.ALIGNER))
            : config.layout();
    ActivationBytes counted =
        ActivationBytes.of(
            config,
            new ActivationBytes.Load(rows, length, pictures, patches, supervised),
            new ActivationBytes.Mode(
                adapter.map(AdapterPlan::layout).orElse(whole),
                mode.equals("checkpointing"),
                adapter));
    assertEquals(1, counted.peak() / MEBIBYTE / measured, SHARE, counted::toString);
  }

  private ModelConfig config(String model) throws IOException {
    return switch (model) {
      case "qwen2_5_vl" ->
          ModelFamilies.read(GoldenFamily.QWEN2_5_VL.checkpoint().resolve("config.json"));
      case "ungrouped" -> {
        ObjectMapper json = new ObjectMapper();
        ObjectNode tree = (ObjectNode) json.readTree(BASE.toFile());
        ((ObjectNode) tree.get("text_config")).put("num_key_value_heads", 4);
        Path file = folder.resolve("config.json");
        Files.writeString(file, tree.toString());
        yield ModelFamilies.read(file);
      }
      default -> ModelFamilies.read(BASE);
    };
  }

  private static Optional<AdapterPlan> adapter(String mode, ModelConfig config) throws IOException {
    if (!mode.equals("lora") && !mode.equals("dora")) {
      return Optional.empty();
    }
    AdapterConfig adapter =
        AdapterConfig.of(8, 16, new Targets.AllLinear()).withDora(mode.equals("dora"));
    return Optional.of(AdapterPlan.of(adapter, config.layout(), Set.of()));
  }
}
