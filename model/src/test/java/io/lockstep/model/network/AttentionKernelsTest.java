package io.lockstep.model.network;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.lockstep.data.file.FileWrites;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.testing.Folders;
import io.lockstep.model.testing.GoldenBatch;
import io.lockstep.model.testing.GoldenFamily;
import io.lockstep.tensor.Attention.Implementation;
import io.lockstep.tensor.Dtype;
import io.lockstep.tensor.Torch;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Attention is computed as the recipe says, and by kernels that are known. */
class AttentionKernelsTest {

  @TempDir private Path dir;

  @BeforeAll
  static void startTorch() {
    Torch.start(1);
  }

  @Test
  void kernelsAreNamedByPlace() throws IOException {
    try (LoadedModel model = LoadedModel.open(GoldenFamily.QWEN3_VL.checkpoint())) {
      assertEquals(
          "attention (sdpa): text math, padded text math, next token math, vision cpu_flash",
          AttentionKernels.of(model.config()).toString());
      assertEquals(
          "attention (eager): text math, padded text math, next token math, vision math",
          AttentionKernels.of(model.config().attendingBy(Implementation.EAGER)).toString());
    }
    try (LoadedModel model = LoadedModel.open(GoldenFamily.QWEN2_5_VL.checkpoint())) {
      assertEquals("composed", AttentionKernels.of(model.config()).kernels().get("vision"));
    }
  }

  @Test
  void eagerComputesTheSameButForRoundings() throws IOException {
    GoldenBatch batch = GoldenBatch.of(GoldenFamily.QWEN3_VL);
    try (LoadedModel model = LoadedModel.open(GoldenFamily.QWEN3_VL.checkpoint())) {
      float[] sdpa = batch.logits(model.network());
      float[] eager =
          batch.logits(
              new VisionLanguageModel(
                  model.config().attendingBy(Implementation.EAGER), model.parameters()));
      assertArrayEquals(sdpa, eager, 1e-3f);
      assertFalse(Arrays.equals(sdpa, eager), "the tower's kernel is another one");
    }
  }

  @Test
  void whatIsNotThereIsRefusedInTrainingAndReplacedInServing() throws IOException {
    Path folder = Folders.copy(GoldenFamily.QWEN3_VL.checkpoint(), dir.resolve("model"));
    FileWrites.text(
        folder.resolve("run.yaml"),
        "model: {torch_dtype: bfloat16, attn_impl: flash_attention_2}\n");
    try (LoadedModel served = LoadedModel.open(folder)) {
      assertEquals(Dtype.BFLOAT16, served.config().computeType());
      assertEquals(Implementation.SDPA, served.config().attention());
      ModelConfig asked = served.config().attendingBy(Implementation.FLASH_ATTENTION_2);
      String width = Integer.toString(asked.text().headDim());
      assertEquals(
          "model.attn_impl: flash_attention_2 is not there for bfloat16 heads of width "
              + width
              + " on the CPU, where attention is computed by math: it needs a CUDA device of"
              + " compute capability 8.0 or newer, and bfloat16; write sdpa, or remove the key, to"
              + " compute with what there is",
          assertThrows(IllegalArgumentException.class, () -> AttentionKernels.of(asked))
              .getMessage());
    }
  }
}
