package io.lockstep.model.cost;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.lockstep.model.config.TextConfig;
import io.lockstep.model.family.qwen25vl.Qwen25VisionConfig;
import io.lockstep.model.family.qwen25vl.Qwen25VlConfig;
import io.lockstep.model.family.qwen3vl.Qwen3VisionConfig;
import io.lockstep.model.family.qwen3vl.Qwen3VlConfig;
import io.lockstep.model.image.Grid;
import io.lockstep.model.network.ModelConfig;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The numbers are worked out by hand from the shapes. */
class FlopCountTest {

  private static final TextConfig TEXT =
      new TextConfig(10, 4, 6, 2, 2, 1, 3, 1e-6, 1e4, List.of(1, 1, 1), true, false, true, 99);

  private static final ModelConfig QWEN3 =
      new Qwen3VlConfig(
          TEXT,
          new Qwen3VisionConfig(2, 4, 8, 2, 2, 2, 2, 4, 3, 4, List.of(0)),
          true,
          1,
          2,
          3,
          4,
          "float32");

  /**
   * A layer over 5 tokens: q 2*5*4*6 = 240, k and v 2*(2*5*4*3) = 240, 15 pairs * 4 * 6 = 360, o
   * 240, MLP 3*(2*5*4*6) = 720; together 1800. Two layers, and the head 2*4*10 = 80.
   */
  @Test
  void textPrefillOfFiveTokens() {
    assertEquals(new FlopCount(0, 0, 3680), FlopCount.of(QWEN3, List.of(), 5));
  }

  /**
   * 8 patches of 24 values: embedding 2*8*24*4 = 1536; a block has qkv 2*8*4*12 = 768, projection
   * 2*8*4*4 = 256, MLP 2*(2*8*4*8) = 1024 and 64 pairs * 4 * 4 = 1024, together 3072, twice. Two
   * mergers over 2 tokens: 2*2*16*16 + 2*2*16*4 = 1280 each.
   */
  @Test
  void towerAndMergersOfQwen3() {
    FlopCount count = FlopCount.of(QWEN3, List.of(new Grid(1, 2, 4)), 5);
    assertEquals(new FlopCount(7680, 2560, 3680), count);
    assertEquals(13920, count.total());
  }

  /**
   * The first block attends within the frame: 64 pairs * 4 * 4 = 1024; the second within two
   * windows of 4 patches: 32 pairs, 512. Gated MLPs: 3*(2*8*4*8) = 1536 a block; with qkv,
   * projection and embedding as above 1536 + 2*(768 + 256 + 1536) + 1024 + 512 = 8192. One merger.
   */
  @Test
  void windowsOfQwen25() {
    ModelConfig qwen25 =
        new Qwen25VlConfig(
            TEXT,
            new Qwen25VisionConfig(2, 4, 8, 2, 2, 2, 2, 3, 4, 4, List.of(0), 2),
            true,
            1,
            2,
            3,
            4,
            "float32");
    assertEquals(
        new FlopCount(8192, 1280, 3680), FlopCount.of(qwen25, List.of(new Grid(1, 2, 4)), 5));
  }

  @Test
  void picturesDoNotSeeEachOther() {
    Grid picture = new Grid(1, 2, 4);
    assertEquals(
        new FlopCount(15360, 5120, 3680), FlopCount.of(QWEN3, List.of(picture, picture), 5));
  }

  @Test
  void keptTokensChangeThePrefillAlone() {
    FlopCount whole = FlopCount.of(QWEN3, List.of(new Grid(1, 2, 4)), 5);
    FlopCount pruned = FlopCount.of(QWEN3, List.of(new Grid(1, 2, 4)), 4);
    assertEquals(whole.visionTower(), pruned.visionTower());
    assertEquals(whole.mergers(), pruned.mergers());
    assertEquals(2 * (4 * 288 + 10 * 24) + 80, pruned.textPrefill());
  }
}
