package io.lockstep.worker.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.config.ConfigException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Stages of ZeRO by name, as the public JSON, or in a file of it. */
class DeepspeedConfigTest {

  private static final String PUBLIC =
      """
      {
        "fp16": {"enabled": "auto", "loss_scale": 0, "initial_scale_power": 16},
        "bf16": {"enabled": "auto"},
        "zero_optimization": {
          "stage": STAGE,
          "offload_optimizer": {"device": "none", "pin_memory": true},
          "allgather_partitions": true,
          "overlap_comm": false,
          "contiguous_gradients": true
        },
        "gradient_accumulation_steps": "auto",
        "gradient_clipping": "auto",
        "steps_per_print": 2000,
        "train_batch_size": "auto",
        "train_micro_batch_size_per_gpu": "auto",
        "wall_clock_breakdown": false
      }
      """;

  @TempDir private Path folder = Path.of("");

  @ParameterizedTest
  @CsvSource({"zero1, 1", "zero2, 2", "zero3, 3"})
  void aStageHasAName(String name, int stage) throws Exception {
    RunConfig run = parse("{config: " + name + "}");
    assertEquals(new DeepspeedConfig(true, stage), run.deepspeed());
    assertEquals(stage, run.deepspeed().zeroStage());
    assertEquals(stage == 3, run.deepspeed().sharesWeights());
    assertEquals(run, RunConfig.parse(run.toYaml(), "again", folder));
  }

  @Test
  void whatIsNotEnabledSharesOutMomentsAlone() throws Exception {
    DeepspeedConfig off = parse("{enabled: false, config: zero3}").deepspeed();
    assertEquals(1, off.zeroStage());
    assertEquals(2, parse("{}").deepspeed().zeroStage());
  }

  @ParameterizedTest
  @CsvSource({"0, 1", "1, 1", "2, 2", "3, 3"})
  void thePublicJsonCountsByItsStageWhereverItStands(int written, int stage) throws Exception {
    String json = PUBLIC.replace("STAGE", "" + written);
    Files.createDirectories(folder.resolve("ds"));
    Files.writeString(folder.resolve("ds/config.json"), json);
    for (String config : new String[] {json.replace("\n", " "), "ds/config.json"}) {
      assertEquals(stage, parse("{config: " + config + "}").deepspeed().zeroStage(), config);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "zero4 | deepspeed.config must be one of zero1, zero2, zero3, or DeepSpeed's JSON or its path, not \"zero4\"",
        "3 | deepspeed.config must be one of zero1, zero2, zero3",
        "gone.json | deepspeed.config must be one of zero1, zero2, zero3",
        "broken.json | deepspeed.config names a file that can't be read as JSON: ",
        "offload.json | deepspeed.config.zero_optimization.offload_param moves state to nvme, which isn't supported",
        "{zero_optimization: {stage: 2, offload_optimizer: {device: cpu}}} | deepspeed.config.zero_optimization.offload_optimizer moves state to cpu, which isn't supported: remove it, and take more workers or zero3",
        "{zero_optimization: {stage: 2}, bf16: {enabled: true}} | deepspeed.config.bf16 must be auto: training.bf16 decides",
        "{zero_optimization: {stage: 2}, fp16: {enabled: true}} | deepspeed.config.fp16 must be auto: training.bf16 decides, and float16 isn't supported",
        "{zero_optimization: {stage: 2}, train_batch_size: 16} | deepspeed.config.train_batch_size must be auto: section training decides it",
        "{zero_optimization: {stage: 2}, gradient_clipping: 1.0} | deepspeed.config.gradient_clipping must be auto",
        "{zero_optimization: {stage: 2}, optimizer: {type: AdamW}} | deepspeed.config.optimizer is not known: sections training, tuner and cluster say it",
        "{zero_optimization: {stage: 4}} | deepspeed.config.zero_optimization.stage must be 0, 1, 2 or 3",
        "{zero_optimization: {stage: auto}} | deepspeed.config.zero_optimization.stage must be 0, 1, 2 or 3",
        "{bf16: {enabled: auto}} | deepspeed.config.zero_optimization.stage must be 0, 1, 2 or 3",
      })
  void whatCantBeDoneIsRefusedWithWhatToDo(String config, String told) throws Exception {
    Files.writeString(folder.resolve("broken.json"), "{\"zero_optimization\": ");
    Files.writeString(
        folder.resolve("offload.json"),
        "{\"zero_optimization\": {\"stage\": 3, \"offload_param\": {\"device\": \"nvme\"}}}");
    String problems =
        assertThrows(ConfigException.class, () -> parse("{config: " + config + "}"))
            .problems()
            .toString();
    assertTrue(problems.contains(told), problems);
  }

  private RunConfig parse(String deepspeed) throws Exception {
    Files.createDirectories(folder.resolve("base"));
    Files.writeString(folder.resolve("train.jsonl"), "{}\n");
    return RunConfig.parse(
        """
        global_max_length: 512
        model: {model: base}
        data: {train_jsonl: train.jsonl, template: target_summary}
        deepspeed: %s
        """
            .formatted(deepspeed),
        "test",
        folder);
  }
}
