package io.lockstep.model.batch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.lockstep.model.budget.KeptTokens;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.image.Grid;
import io.lockstep.model.image.Patches;
import io.lockstep.model.safetensors.SafetensorsFile;
import io.lockstep.model.testing.GoldenConversations;
import io.lockstep.model.testing.GoldenFamily;
import io.lockstep.model.testing.Goldens;
import io.lockstep.tensor.Torch;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class CollatorTest {
  private static final int PAD = 0;
  private static final int IMAGE = 9;
  private final Collator collator = new Collator(PAD, IMAGE, 2);

  @BeforeAll
  static void startTorch() {
    Torch.start(1);
  }

  @ParameterizedTest
  @EnumSource
  void theReferenceBatchEqualsThePublicImplementation(GoldenFamily family) throws IOException {
    Batch batch;
    try (LoadedModel model = LoadedModel.open(family.checkpoint())) {
      batch = model.collator().collate(family.samples(model.encoder()));
    }
    try (var golden = SafetensorsFile.open(family.file("forward.safetensors"))) {
      assertEquals(
          List.of((long) batch.rows(), (long) batch.length()), golden.info("input_ids").shape());
      assertArrayEquals(Goldens.longs(golden, "input_ids"), batch.ids());
      assertArrayEquals(Goldens.longs(golden, "attention_mask"), batch.attentionMask());
      assertArrayEquals(Goldens.longs(golden, "labels"), batch.labels());
      assertArrayEquals(Goldens.longs(golden, "position_ids"), batch.positionIds());
      assertArrayEquals(Goldens.floats(golden, "pixel_values"), batch.pixels());
      assertEquals(golden.info("pixel_values").shape().getFirst(), (long) batch.patches());
      assertEquals(
          family.conversations().stream().mapToInt(GoldenConversations.Case::answerTokens).sum(),
          batch.supervisedTokens());
    }
  }

  @Test
  void aPictureTakesAsManyPositionsAsItsLongestSide() {
    int[] tokens = {1, IMAGE, IMAGE, IMAGE, IMAGE, IMAGE, IMAGE, 2};
    PositionIds positions =
        PositionIds.of(
            "s", tokens, List.of(new Grid(1, 4, 6)), List.of(KeptTokens.all(6)), IMAGE, 2);
    assertArrayEquals(
        new long[] {
          0, 1, 1, 1, 1, 1, 1, 4, //
          0, 1, 1, 1, 2, 2, 2, 4, //
          0, 1, 2, 3, 1, 2, 3, 4
        },
        positions.ids());
    assertEquals(5, positions.next());
  }

  @Test
  void keptTokensStayWhereTheyAre() {
    int[] tokens = {1, IMAGE, IMAGE, 2};
    KeptTokens kept = new KeptTokens(6, new int[] {2, 4});
    PositionIds positions =
        PositionIds.of("s", tokens, List.of(new Grid(1, 4, 6)), List.of(kept), IMAGE, 2);
    assertArrayEquals(new long[] {0, 1, 1, 4, 0, 1, 2, 4, 0, 3, 2, 4}, positions.ids());
    assertEquals(5, positions.next());
  }

  @Test
  void keptTokensAreCountedThroughAllPicturesOfABatch() {
    Patches picture = new Patches(new float[0], 1, 4, 4);
    Sample whole = Sample.prompt("w", new int[] {IMAGE, IMAGE, IMAGE, IMAGE}, List.of(picture));
    Sample pruned =
        Sample.prompt(
            "p",
            new int[] {IMAGE, IMAGE},
            List.of(picture),
            List.of(new KeptTokens(4, new int[] {0, 3})));
    assertArrayEquals(
        new long[] {0, 1, 2, 3, 4, 7}, collator.collate(List.of(whole, pruned)).keptTokens());
    assertArrayEquals(new long[0], collator.collate(List.of(whole, whole)).keptTokens());
  }

  @Test
  void shorterRowsArePaddedOnTheLeft() {
    Sample longer = Sample.prompt("long", new int[] {1, 2, 3}, List.of());
    Sample shorter = new Sample("short", new int[] {4, 5}, new int[] {-100, 5}, List.of());
    Batch batch = collator.collate(List.of(longer, shorter));
    assertArrayEquals(new long[] {1, 2, 3, PAD, 4, 5}, batch.ids());
    assertArrayEquals(new long[] {1, 1, 1, 0, 1, 1}, batch.attentionMask());
    assertArrayEquals(new long[] {-100, -100, -100, -100, -100, 5}, batch.labels());
    assertArrayEquals(new long[] {3, 2}, batch.nextPositions());
    assertEquals(1, batch.supervisedTokens());
  }

  @Test
  void placeholdersThatDoNotMatchTheirPicturesAreRefused() {
    Patches picture = new Patches(new float[0], 1, 2, 4);
    refused(
        "s7 has 1 placeholders for picture 1, whose grid Grid[t=1, h=2, w=4] makes 2 tokens",
        new int[] {1, IMAGE},
        List.of(picture));
    Sample unaware =
        Sample.prompt(
            "s8",
            new int[] {IMAGE, IMAGE},
            List.of(picture),
            List.of(new KeptTokens(2, new int[] {1})));
    assertEquals(
        "s8 has 2 placeholders for picture 1, whose grid Grid[t=1, h=2, w=4] makes 2 tokens, of"
            + " which it keeps 1",
        assertThrows(IllegalArgumentException.class, () -> collator.collate(List.of(unaware)))
            .getMessage());
    refused("s7 has 1 pictures but placeholders for 0", new int[] {1}, List.of(picture));
    refused(
        "s7 has 2 image placeholders after its 0 pictures; give a picture for each run",
        new int[] {IMAGE, IMAGE},
        List.of());
  }

  private void refused(String message, int[] tokens, List<Patches> images) {
    var error =
        assertThrows(
            IllegalArgumentException.class,
            () -> collator.collate(List.of(Sample.prompt("s7", tokens, images))));
    assertEquals(message, error.getMessage());
  }
}
