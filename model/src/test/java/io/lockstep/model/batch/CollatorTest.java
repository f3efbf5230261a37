package io.lockstep.model.batch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.lockstep.data.conversation.ImageSource;
import io.lockstep.model.budget.KeptTokens;
import io.lockstep.model.chat.ChatTemplate;
import io.lockstep.model.chat.Encoded;
import io.lockstep.model.config.GenerationConfig;
import io.lockstep.model.config.ModelConfig;
import io.lockstep.model.image.Grid;
import io.lockstep.model.image.ImageProcessor;
import io.lockstep.model.image.Patches;
import io.lockstep.model.safetensors.SafetensorsFile;
import io.lockstep.model.testing.GoldenConversations;
import io.lockstep.model.testing.GoldenFamily;
import io.lockstep.model.testing.Goldens;
import io.lockstep.model.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class CollatorTest {
  private static final int PAD = 0;
  private static final int IMAGE = 9;
  private final Collator collator = new Collator(PAD, IMAGE, 2);

  @Test
  void theReferenceBatchEqualsThePublicImplementation() throws IOException {
    Path checkpoint = Goldens.path("qwen3_vl/checkpoint");
    ModelConfig config = ModelConfig.read(checkpoint.resolve("config.json"));
    GenerationConfig generation =
        GenerationConfig.read(checkpoint.resolve("generation_config.json"));
    ImageProcessor processor = ImageProcessor.read(checkpoint.resolve("preprocessor_config.json"));
    int merge = config.vision().spatialMergeSize();
    Batch batch;
    try (Tokenizer tokenizer = Tokenizer.open(checkpoint)) {
      ChatTemplate template = new ChatTemplate(tokenizer);
      List<Sample> samples = new ArrayList<>();
      for (GoldenConversations.Case c : GoldenFamily.QWEN3_VL.conversations()) {
        List<Patches> images = new ArrayList<>();
        for (ImageSource source : c.answered().images()) {
          images.add(processor.process(source));
        }
        List<Integer> counts = images.stream().map(p -> p.grid().tokens(merge)).toList();
        Encoded encoded = template.encodeForTraining(c.answered(), counts);
        samples.add(new Sample("case", encoded.tokens(), encoded.labels(), images));
      }
      batch = new Collator(generation.padTokenId(), config.imageTokenId(), merge).collate(samples);
    }
    try (var golden = SafetensorsFile.open(Goldens.path("qwen3_vl/forward.safetensors"))) {
      assertEquals(List.of(4L, 66L), golden.info("input_ids").shape());
      assertEquals(4, batch.rows());
      assertEquals(66, batch.length());
      assertArrayEquals(Goldens.longs(golden, "input_ids"), batch.ids());
      assertArrayEquals(Goldens.longs(golden, "attention_mask"), batch.attentionMask());
      assertArrayEquals(Goldens.longs(golden, "labels"), batch.labels());
      assertArrayEquals(Goldens.longs(golden, "position_ids"), batch.positionIds());
      assertArrayEquals(Goldens.floats(golden, "pixel_values"), batch.pixels());
      assertEquals(172, batch.patches());
      assertEquals(89, batch.supervisedTokens());
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
