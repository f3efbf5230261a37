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
import io.lockstep.tensor.Dtype;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
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
    assertCounted(
        Dtype.FLOAT32, model, mode, rows, length, pictures, patches, supervised, measured);
  }

  /**
   * The same in bfloat16; {@code wide} has a decoder of 16 layers of width 1024, 8 heads of 128
   * with 4 of keys and values, and 4096 inner values.
   */
  @ParameterizedTest
  @CsvSource({
    "base, full, 8, 256, 0, 0, 64, 118.4",
    "base, full, 2, 1024, 0, 0, 16, 261.3",
    "base, full, 8, 272, 8, 1024, 8, 467.2",
    "base, lora, 8, 272, 8, 1024, 8, 476.3",
    "qwen2_5_vl, full, 8, 272, 8, 1024, 8, 298.2",
    "wide, full, 2, 256, 0, 0, 32, 1163.4",
    "wide, lora, 2, 256, 0, 0, 32, 659.1",
    "wide, lora, 4, 512, 0, 0, 32, 2900.5",
  })
  void inBfloat16TheCountIsWhatWasMeasured(
      String model,
      String mode,
      int rows,
      int length,
      int pictures,
      int patches,
      int supervised,
      double measured)
      throws IOException {
    assertCounted(
        Dtype.BFLOAT16, model, mode, rows, length, pictures, patches, supervised, measured);
  }

  private void assertCounted(
      Dtype type,
      String model,
      String mode,
      int rows,
      int length,
      int pictures,
      int patches,
      int supervised,
      double measured)
      throws IOException {
    ModelConfig config = config(model).computingIn(type);
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
      case "ungrouped" -> changed(tree -> text(tree).put("num_key_value_heads", 4));
      case "wide" ->
          changed(tree -> {
            ObjectNode text = text(tree);
            text.put("hidden_size", 1024)
                .put("intermediate_size", 4096)
                .put("num_hidden_layers", 16)
                .put("num_attention_heads", 8)
                .put("num_key_value_heads", 4)
                .put("head_dim", 128);
            ((ObjectNode) text.get("rope_parameters"))
                .putArray("mrope_section")
                .add(24)
                .add(20)
                .add(20);
            ((ObjectNode) tree.get("vision_config")).put("out_hidden_size", 1024);
          });
      default -> ModelFamilies.read(BASE);
    };
  }

  private static ObjectNode text(ObjectNode config) {
    return (ObjectNode) config.get("text_config");
  }

  /** The shipped base model with another configuration. */
  private ModelConfig changed(Consumer<ObjectNode> change) throws IOException {
    ObjectNode tree = (ObjectNode) new ObjectMapper().readTree(BASE.toFile());
    change.accept(tree);
    Path file = folder.resolve("config.json");
    Files.writeString(file, tree.toString());
    return ModelFamilies.read(file);
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
