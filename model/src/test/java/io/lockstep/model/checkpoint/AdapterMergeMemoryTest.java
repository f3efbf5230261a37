package io.lockstep.model.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.tensor.Torch;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Merging holds one tensor at a time. */
class AdapterMergeMemoryTest {

  /** So many bytes the tables of names, shapes and offsets may take. */
  private static final long NAMES_AND_OFFSETS = 4_000_000;

  @TempDir Path temporary;

  @BeforeAll
  static void startTorch() {
    Torch.start(1);
  }

  /**
   * What is held is native memory in use and what the Java heap holds after a collection; files
   * that are mapped are not. Weights take 42 MB more with four times the layers.
   */
  @Test
  void memoryDependsOnTheLargestTensorAloneHoweverManyLayersThereAre() throws Exception {
    WideModel few = WideModel.create(Files.createDirectory(temporary.resolve("few")), 4);
    WideModel many = WideModel.create(Files.createDirectory(temporary.resolve("many")), 16);
    assertEquals(few.largestTensorBytes(), many.largestTensorBytes());
    assertTrue(many.weightBytes() - few.weightBytes() > 8 * NAMES_AND_OFFSETS);

    long peakOfFew = MergeMemory.of(few);
    long peakOfMany = MergeMemory.of(many);

    long more = peakOfMany - peakOfFew;
    assertTrue(more < NAMES_AND_OFFSETS, more + " bytes more with four times the layers");
    assertTrue(
        peakOfMany < 4 * many.largestTensorBytes() + NAMES_AND_OFFSETS,
        "holds up to " + peakOfMany);
  }
}
