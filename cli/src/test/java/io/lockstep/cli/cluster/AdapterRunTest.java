package io.lockstep.cli.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.cli.run.RunFolder;
import io.lockstep.gateway.serving.Alignment;
import io.lockstep.gateway.serving.CertificatePolicy;
import io.lockstep.gateway.serving.CheckpointModel;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.testing.GoldenFamily;
import io.lockstep.tensor.Torch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run that trains an adapter, through real processes, and what the gateway makes of it. */
class AdapterRunTest {

  private static final int STEPS = 3;

  @TempDir private static Path folder;
  private static TinyRun tiny;

  @BeforeAll
  static void makeData() throws IOException {
    tiny = TinyRun.create(folder);
    Torch.start(1);
  }

  @Test
  void theAdapterIsStoredAloneServedAndTheSameForAnyNumberOfWorkers() throws Exception {
    Launched together = train("two", 2);
    assertTrue(together.out().contains("trainable"), together.out());
    assertTrue(together.out().contains("aligner"), together.out());
    Path checkpoint = last("two");
    assertEquals("weights sha256: " + LoadedModel.storedSha256(checkpoint), together.lastLine());
    assertTrue(Files.exists(checkpoint.resolve("adapter_model.safetensors")));
    assertFalse(Files.exists(checkpoint.resolve("model.safetensors")));
    try (CheckpointModel served =
        CheckpointModel.open(checkpoint, STEPS, CertificatePolicy.REQUIRED)) {
      assertFalse(served.identity().alignment().equals(Alignment.UNCERTIFIED));
    }
    assertEquals(together.lastLine(), train("one", 1).lastLine());
    for (String file : List.of("adapter_model.safetensors", "adapter_config.json")) {
      assertEquals(-1, Files.mismatch(last("one").resolve(file), checkpoint.resolve(file)), file);
    }
  }

  private static Path last(String run) throws IOException {
    return new RunFolder(folder.resolve(run)).lastCheckpoint().orElseThrow();
  }

  private static Launched train(String out, int workers) throws Exception {
    return Launched.train(folder, recipe(), workers, out).succeeded();
  }

  private static Path recipe() throws IOException {
    return Files.writeString(
        folder.resolve("adapter.yaml"),
        """
        global_max_length: 1200
        model: {model: %s}
        data: {train_jsonl: %s, template: target_summary}
        training: {run_name: adapter, seed: 7, max_steps: %d, per_device_train_batch_size: 8, gradient_accumulation_steps: 1, logging_steps: 1, learning_rate: 0.01}
        tuner: {train_type: lora, lora_rank: 2, use_dora: true, freeze_vit: true, freeze_aligner: false, lora_dropout: 0}
        """
            .formatted(
                GoldenFamily.QWEN3_VL.checkpoint(), tiny.data().resolve("train.jsonl"), STEPS));
  }
}
