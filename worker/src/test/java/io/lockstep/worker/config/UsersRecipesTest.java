package io.lockstep.worker.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.config.ConfigException;
import io.lockstep.config.Interval;
import io.lockstep.data.augment.affine.Rotate;
import io.lockstep.data.augment.operator.ConfiguredOperator;
import io.lockstep.model.adapter.AdapterConfig;
import io.lockstep.model.adapter.Targets;
import io.lockstep.model.parameter.ParameterSpec.Module;
import io.lockstep.tensor.Attention;
import io.lockstep.tensor.Dtype;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What users write for the fine-tuning program that they have, block by block as their guide has
 * it: it means the same here, or is refused with what to write instead.
 */
class UsersRecipesTest {

  private static final Path BLOCKS = Path.of("src/test/resources/users-yaml");

  @TempDir private Path folder = Path.of("");
  private final Set<String> seen = new TreeSet<>();

  @BeforeEach
  void prepare() throws IOException {
    Files.createDirectory(folder.resolve("model"));
    Files.createDirectory(folder.resolve("adapter"));
    Files.writeString(folder.resolve("train.jsonl"), "{}\n");
  }

  @Test
  void everyBlockMeansTheSameOrIsRefused() throws Exception {
    RunConfig first = accepted("01-model-template-length", "");
    assertEquals(4096, first.maxLength());
    assertEquals(folder.resolve("model"), first.model().model());
    assertEquals(Optional.of("qwen3_vl"), first.template().template());

    TunerConfig lora = accepted("02-lora").tuner();
    assertEquals(
        Optional.of(AdapterConfig.of(32, 64, new Targets.AllLinear()).withDropout(0.05)),
        lora.adapter());
    assertEquals(Set.of(Module.VIT), lora.frozen());

    RunConfig stage1 = accepted("03-two-stage-1");
    assertEquals(Set.of(Module.LLM, Module.VIT), stage1.tuner().frozen());
    assertEquals(
        Optional.of(AdapterConfig.of(8, 32, new Targets.AllLinear()).withDropout(0.05)),
        stage1.tuner().adapter());
    assertEquals(3, stage1.training().numTrainEpochs());
    assertEquals(1e-4, stage1.optimizer().peakLr(Module.ALIGNER));

    RunConfig stage2 = accepted("04-two-stage-2");
    assertEquals(Optional.of(folder.resolve("adapter")), stage2.tuner().resumeFromCheckpoint());
    assertEquals(Set.of(Module.VIT), stage2.tuner().frozen());
    assertEquals(2, stage2.training().numTrainEpochs());
    assertEquals(5e-5, stage2.optimizer().peakLr(Module.LLM));

    DistillationConfig gkd = accepted("05-gkd").rlhf().orElseThrow();
    assertEquals(
        new DistillationConfig(
            DistillationConfig.Type.GKD, folder.resolve("model"), 0.5, 0.3, 0.5, true, 0.9, 256),
        gkd);

    DistillationConfig light = accepted("06-kd-forward-only").rlhf().orElseThrow();
    assertEquals(folder.resolve("model"), light.teacherModel());
    assertEquals(List.of(0.1, 1.0), List.of(light.beta(), light.sftAlpha()));

    refused("07-REMOVED-packing", "training.packing does not exist: samples of a micro-batch");

    OptimizerConfig cosine = accepted("08-cosine-min-lr").optimizer();
    assertEquals(1e-5, cosine.lr(Module.LLM, 1, 100), 1e-18);
    assertEquals(1e-4, cosine.lr(Module.LLM, 10, 100), 1e-18);
    assertEquals(1e-6, cosine.lr(Module.LLM, 100, 100), 1e-18);

    assertEquals(2, accepted("09-zero2").deepspeed().zeroStage());
    RunConfig zero3 = accepted("10-zero3");
    assertEquals(3, zero3.deepspeed().zeroStage());
    assertTrue(zero3.training().checkpoints());

    List<ConfiguredOperator> ops =
        accepted("11-augmentation").custom().activeAugmentation().orElseThrow().ops();
    assertEquals(
        List.of("hflip", "rotate", "color_jitter", "pad_to_multiple"),
        ops.stream().map(ConfiguredOperator::name).toList());
    assertEquals(List.of(0.3, 0.3, 0.3, 1.0), ops.stream().map(ConfiguredOperator::prob).toList());
    assertEquals(new Rotate(new Interval(-15, 15)), ops.get(1).operator());

    assertTrue(accepted("12-gradient-checkpointing").training().checkpoints());
    assertEquals(new BatchPlan(16, 4, 4), accepted("13-batch-and-accumulation").batches());
    assertEquals(8192, accepted("14-one-length-knob", "").maxLength());
    assertEquals(
        Attention.Implementation.FLASH_ATTENTION_2, accepted("15-attn-impl").model().attnImpl());

    assertEquals(Dtype.BFLOAT16, accepted("17-bf16").computeType());

    DataConfig loading = accepted("18-dataloader").data();
    assertEquals(Optional.of(16), loading.dataloaderNumWorkers());
    assertTrue(loading.dataloaderPinMemory());

    RunConfig aligner = accepted("19-aligner-playbook");
    assertEquals(Set.of(), aligner.tuner().trained());
    AdapterConfig merger = aligner.tuner().adapter().orElseThrow();
    assertEquals(Targets.Regex.of("^$").toString(), merger.targets().toString());
    assertEquals(
        List.of(
            "model.visual.merger",
            "model.visual.deepstack_merger_list.0",
            "model.visual.deepstack_merger_list.1",
            "model.visual.deepstack_merger_list.2"),
        merger.modulesToSave());
    assertEquals(1e-4, aligner.optimizer().peakLr(Module.ALIGNER));
    assertEquals(0.3, aligner.optimizer().warmupRatio());

    assertEquals(blocks(), seen);
  }

  private static Set<String> blocks() throws IOException {
    Set<String> names = new TreeSet<>();
    try (Stream<Path> files = Files.list(BLOCKS)) {
      files.forEach(file -> names.add(file.getFileName().toString().replace(".yaml", "")));
    }
    return names;
  }

  private RunConfig accepted(String block) throws Exception {
    return accepted(block, "global_max_length: 512\n");
  }

  private RunConfig accepted(String block, String length) throws Exception {
    RunConfig run = RunConfig.read(recipe(block, length));
    assertEquals(run, RunConfig.parseStored(run.toYaml(), block));
    return run;
  }

  private void refused(String block, String... words) throws Exception {
    Path recipe = recipe(block, "global_max_length: 512\n");
    List<String> problems =
        assertThrows(ConfigException.class, () -> RunConfig.read(recipe)).problems();
    for (String each : words) {
      assertTrue(
          problems.stream().anyMatch(problem -> problem.contains(each)),
          () -> each + " is not in\n" + String.join("\n", problems));
    }
  }

  /** A block with real paths over a small recipe. */
  private Path recipe(String block, String length) throws IOException {
    seen.add(block);
    Files.writeString(
        folder.resolve("base.yaml"),
        "model: {model: model}\ndata: {train_jsonl: train.jsonl, template: target_summary}\n"
            + length);
    Files.writeString(
        folder.resolve("block.yaml"),
        Files.readString(BLOCKS.resolve(block + ".yaml"))
            .replaceAll("/path/to/stage1/\\S+", "adapter")
            .replaceAll("(/abs)?/path/to/\\S+", "model"));
    return Files.writeString(folder.resolve("recipe.yaml"), "extends: [base.yaml, block.yaml]\n");
  }
}
