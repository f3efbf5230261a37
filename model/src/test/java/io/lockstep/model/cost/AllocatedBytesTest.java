package io.lockstep.model.cost;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lockstep.model.adapter.AdapterConfig;
import io.lockstep.model.adapter.AdapterPlan;
import io.lockstep.model.adapter.Targets;
import io.lockstep.model.checkpoint.TrainableModel;
import io.lockstep.model.checkpoint.Tuning;
import io.lockstep.model.family.ModelFamilies;
import io.lockstep.model.network.ModelConfig;
import io.lockstep.model.parameter.ParameterLayout;
import io.lockstep.model.parameter.ParameterSpec.Module;
import io.lockstep.model.parameter.Parameters;
import io.lockstep.model.testing.ExpertModel;
import io.lockstep.model.testing.GoldenFamily;
import io.lockstep.tensor.Buffer;
import io.lockstep.tensor.Dtype;
import io.lockstep.tensor.Torch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The count against what libtorch's allocator hands out during a pass, to the byte. */
@EnabledOnOs(OS.LINUX)
class AllocatedBytesTest {

  private static final int WIDTH = 128;
  private static final int LAYERS = 4;
  private static final int HEADS = 4;
  private static final int VALUES = 13;

  /** Gradients of activations are not counted, rounded weights longer than they are there. */
  private static final double LEAST = 0.9;

  private static final double MOST = 1.2;

  @TempDir private Path folder;

  @BeforeAll
  static void startTorch() {
    Torch.start(1);
  }

  /** Each case is one where another part of the count weighs most. */
  @ParameterizedTest
  @CsvSource({
    // family, type, training, checkpointing, rows, length, patches, supervised, vocabulary, kv
    // heads
    "qwen3_vl, float32, full, false, 1, 384, 0, 64, 900, 2",
    "qwen3_vl, float32, full, true, 1, 384, 0, 64, 60000, 4",
    "qwen3_vl, float32, full, true, 1, 384, 0, 380, 60000, 4",
    "qwen3_vl, float32, full, false, 1, 384, 576, 64, 900, 4",
    "qwen3_vl, bfloat16, full, false, 1, 384, 0, 64, 900, 4",
    "qwen3_vl, bfloat16, full, false, 2, 384, 0, 64, 900, 2",
    "qwen3_vl, bfloat16, full, true, 1, 384, 0, 64, 60000, 4",
    "qwen3_vl, bfloat16, full, false, 1, 384, 576, 64, 20000, 2",
    "qwen3_vl, bfloat16, lora, true, 2, 384, 0, 64, 900, 2",
    "qwen3_vl, bfloat16, lora, false, 1, 384, 576, 64, 900, 4",
    "qwen3_vl, bfloat16, lora, true, 1, 384, 0, 300, 60000, 4",
    "qwen2_5_vl, bfloat16, full, false, 1, 384, 576, 64, 900, 4",
    "qwen2_5_vl, float32, lora, false, 2, 384, 576, 64, 900, 2",
    "qwen3_vl_moe, float32, full, false, 1, 384, 0, 64, 900, 2",
    "qwen3_vl_moe, bfloat16, full, true, 1, 384, 0, 64, 20000, 4",
    "qwen3_vl_moe, bfloat16, lora, false, 1, 384, 0, 64, 900, 4",
  })
  void theCountIsWhatTheAllocatorHandsOut(
      String family,
      String type,
      String training,
      boolean checkpointing,
      int rows,
      int length,
      int patches,
      int supervised,
      int vocabulary,
      int kvHeads)
      throws Exception {
    ModelConfig config =
        config(family, vocabulary, kvHeads)
            .computingIn(type.equals("float32") ? Dtype.FLOAT32 : Dtype.BFLOAT16);
    Optional<AdapterPlan> adapter =
        training.equals("full")
            ? Optional.empty()
            : Optional.of(
                AdapterPlan.of(
                    AdapterConfig.of(8, 16, new Targets.AllLinear()).withDropout(0.05),
                    config.layout(),
                    Set.of(Module.VIT, Module.ALIGNER)));
    ActivationBytes.Load load =
        new ActivationBytes.Load(rows, length, patches > 0 ? rows : 0, patches, supervised);
    ActivationBytes counted =
        ActivationBytes.of(
            config,
            load,
            new ActivationBytes.Mode(
                adapter.map(AdapterPlan::layout).orElse(config.layout()), checkpointing, adapter));
    // What nothing trains is held in the type that is computed in.
    Parameters weights =
        adapter.isPresent()
            ? new Parameters(
                config.layout(),
                0,
                (scope, spec) -> scope.zeros(config.computeType(), spec.dimensions()))
            : drawn(config.layout());
    Tuning tuning =
        adapter.<Tuning>map(plan -> new Tuning.NewAdapter(plan, 1)).orElse(Tuning.full());
    try (TrainableModel model = TrainableModel.of(tuning, folder, weights)) {
      long allocated = MeasuredPass.bytes(folder, config, model, load, checkpointing);
      double ratio = (double) counted.peak() / allocated;
      assertTrue(
          ratio > LEAST && ratio < MOST,
          () -> "%.3f: %d bytes were handed out, %s".formatted(ratio, allocated, counted));
    }
  }

  private static Parameters drawn(ParameterLayout layout) {
    Parameters weights = new Parameters(layout);
    long values = layout.size();
    Buffer.of(weights.flat())
        .write(host -> {
          for (long i = 0; i < values; i++) {
            host.floats().set(i, (i % VALUES - VALUES / 2) / 100f);
          }
        });
    return weights;
  }

  /** A small model of a family whose matrices are large enough to be seen. */
  private ModelConfig config(String family, int vocabulary, int kvHeads) throws IOException {
    Path from =
        switch (family) {
          case "qwen2_5_vl" -> GoldenFamily.QWEN2_5_VL.checkpoint();
          case "qwen3_vl_moe" -> ExpertModel.withoutWeights(folder.resolve("experts"));
          default -> GoldenFamily.QWEN3_VL.checkpoint();
        };
    ObjectNode tree =
        (ObjectNode) new ObjectMapper().readTree(from.resolve("config.json").toFile());
    ObjectNode text = tree.has("text_config") ? (ObjectNode) tree.get("text_config") : tree;
    text.put("vocab_size", vocabulary)
        .put("hidden_size", WIDTH)
        .put("intermediate_size", 3 * WIDTH)
        .put("num_hidden_layers", LAYERS)
        .put("num_attention_heads", HEADS)
        .put("num_key_value_heads", kvHeads);
    if (text.has("head_dim")) {
      text.put("head_dim", WIDTH / HEADS);
    }
    if (text.has("mlp_only_layers")) {
      text.put("moe_intermediate_size", WIDTH).put("num_local_experts", 2 * HEADS);
      text.putArray("mlp_only_layers");
    }
    String rope = text.has("rope_parameters") ? "rope_parameters" : "rope_scaling";
    ((ObjectNode) text.get(rope)).putArray("mrope_section").add(6).add(5).add(5);
    ((ObjectNode) tree.get("vision_config"))
        .put("hidden_size", WIDTH)
        .put("intermediate_size", 4 * WIDTH)
        .put("num_heads", HEADS)
        .put("out_hidden_size", WIDTH);
    Path file = folder.resolve("config.json");
    Files.writeString(file, tree.toString());
    return ModelFamilies.read(file);
  }
}
