package io.lockstep.model.generate;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.ndarray.NDArray;
import io.lockstep.model.batch.Batch;
import io.lockstep.model.batch.Sample;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.network.ActivationListener;
import io.lockstep.model.network.PackedTransformer;
import io.lockstep.model.network.PictureFeatures;
import io.lockstep.model.network.SequenceCache;
import io.lockstep.model.network.SequencePart;
import io.lockstep.model.network.VisionLanguageModel;
import io.lockstep.model.testing.GoldenConversations;
import io.lockstep.model.testing.GoldenFamily;
import io.lockstep.tensor.Autograd;
import io.lockstep.tensor.RowProducts;
import io.lockstep.tensor.Torch;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Answers computed in packed rows: beside the network's segments, and in every company. */
@Tag("numeric")
@ParameterizedClass
@EnumSource(GoldenFamily.class)
class PackedDecoderTest {

  private static final int TOKENS = 12;

  private final LoadedModel model;
  private final List<Sample> prompts = new ArrayList<>();

  PackedDecoderTest(GoldenFamily family) throws IOException {
    model = LoadedModel.open(family.checkpoint());
    for (GoldenConversations.Case each : family.conversations()) {
      prompts.add(model.encoder().prompt("prompt " + prompts.size(), each.prompt(), TOKENS));
    }
  }

  @BeforeAll
  static void startTorch() {
    Torch.start(1);
  }

  @BeforeEach
  void requireProducts() {
    assumeTrue(RowProducts.areThere());
  }

  @AfterEach
  void close() {
    model.close();
  }

  /** Any tokens do, the same ones for the same prompt. */
  private static int token(int prompt, int step) {
    return (step * 37 + prompt * 11) % 300;
  }

  private enum Way {
    PACKED,
    SEGMENTS
  }

  private Decoder open(Way way, List<Sample> rows, ActivationListener probe) {
    return switch (way) {
      case PACKED ->
          Decoder.open(Profile.CACHED, model.network(), model.collator(), rows, TOKENS, probe);
      case SEGMENTS ->
          new CachedDecoder(model.network(), model.collator().collate(rows), TOKENS, probe);
    };
  }

  private float[][][] logits(Way way, List<Integer> which) {
    return logits(way, which, VisionLanguageModel.NO_PROBE);
  }

  /** Logits of prompts in one batch, [prompt][step][V]. */
  private float[][][] logits(Way way, List<Integer> which, ActivationListener probe) {
    float[][][] all = new float[which.size()][TOKENS + 1][];
    List<Sample> rows = which.stream().map(prompts::get).toList();
    Autograd.inference(() -> {
      try (Decoder decoder = open(way, rows, probe)) {
        float[][] logits = decoder.first();
        for (int step = 0; ; step++) {
          for (int row = 0; row < all.length; row++) {
            all[row][step] = logits[row];
          }
          if (step == TOKENS) {
            break;
          }
          int now = step;
          logits = decoder.next(which.stream().mapToInt(prompt -> token(prompt, now)).toArray());
        }
      }
    });
    return all;
  }

  @Test
  void logitsAreThoseOfTheSegments() {
    List<Integer> every = IntStream.range(0, prompts.size()).boxed().toList();
    float[][][] packed = logits(Way.PACKED, every);
    float[][][] walked = logits(Way.SEGMENTS, every);
    for (int row = 0; row < packed.length; row++) {
      for (int step = 0; step <= TOKENS; step++) {
        requireClose(walked[row][step], packed[row][step]);
      }
    }
  }

  private static void requireClose(float[] expected, float[] actual) {
    double largest = 0;
    double difference = 0;
    for (int i = 0; i < expected.length; i++) {
      largest = Math.max(largest, Math.abs(expected[i]));
      difference = Math.max(difference, Math.abs(expected[i] - actual[i]));
    }
    assertTrue(difference <= 1e-5 * Math.max(1, largest), "differs by " + difference);
  }

  /** What a listener is told, by name. */
  private Map<String, List<float[]>> activations(Way way) {
    Map<String, List<float[]>> told = new LinkedHashMap<>();
    ActivationListener listener =
        new ActivationListener() {
          @Override
          public void accept(String name, NDArray activation) {
            told.computeIfAbsent(name + activation.getShape(), _ -> new ArrayList<>())
                .add(activation.toFloatArray());
          }

          @Override
          public void deepstack(int merger, NDArray activation) {
            accept("deepstack_" + merger, activation);
          }
        };
    var _ = logits(way, List.of(0, 1, 2), listener);
    return told;
  }

  @Test
  void listenersSeeWhatTheySeeOfAPaddedBatch() {
    Map<String, List<float[]>> segments = activations(Way.SEGMENTS);
    Map<String, List<float[]>> packed = activations(Way.PACKED);
    assertEquals(segments.keySet(), packed.keySet());
    assertTrue(segments.keySet().stream().anyMatch(name -> name.startsWith("vision_")));
    segments.forEach((name, all) -> {
      List<float[]> others = Objects.requireNonNull(packed.get(name));
      assertEquals(all.size(), others.size());
      for (int i = 0; i < all.size(); i++) {
        requireCloseWhereNotPadded(name, all.get(i), others.get(i));
      }
    });
  }

  /** Padded positions hold zeros here and anything there. */
  private static void requireCloseWhereNotPadded(String name, float[] expected, float[] actual) {
    assertEquals(expected.length, actual.length);
    double largest = 0;
    for (float value : expected) {
      largest = Math.max(largest, Math.abs(value));
    }
    int compared = 0;
    for (int i = 0; i < expected.length; i++) {
      if (actual[i] != 0) {
        assertEquals(expected[i], actual[i], 1e-5 * Math.max(1, largest), name);
        compared++;
      }
    }
    assertTrue(compared * 2 > expected.length, name);
  }

  @Test
  void aRowHasTheSameBitsAloneAndBesideAnyOthers() {
    List<List<Integer>> companies =
        List.of(List.of(0, 1), List.of(2, 0), List.of(1, 2, 0), List.of(0, 0, 1, 2, 1, 2, 0));
    List<float[][]> alone = new ArrayList<>();
    for (int prompt = 0; prompt < 3; prompt++) {
      alone.add(logits(Way.PACKED, List.of(prompt))[0]);
    }
    for (List<Integer> company : companies) {
      float[][][] together = logits(Way.PACKED, company);
      for (int row = 0; row < together.length; row++) {
        requireSame(alone.get(company.get(row)), together[row]);
      }
    }
  }

  private static void requireSame(float[][] expected, float[][] actual) {
    assertEquals(expected.length, actual.length);
    for (int step = 0; step < expected.length; step++) {
      assertArrayEquals(expected[step], actual[step], 0);
    }
  }

  /** The control of the test above: a batch that is padded has other bits. */
  @Test
  void paddedBatchesDiffer() {
    float[][] alone = logits(Way.SEGMENTS, List.of(0))[0];
    float[][] together = logits(Way.SEGMENTS, List.of(0, 1, 2))[0];
    boolean same = true;
    for (int step = 0; step < alone.length; step++) {
      same &= Arrays.equals(alone[step], together[step]);
    }
    assertFalse(same);
  }

  /** The whole of a prompt and its continuation, in parts of a size, without a cache between. */
  private float[] inParts(int prompt, int size) {
    Batch alone = model.collator().collate(List.of(prompts.get(prompt)));
    int length = alone.length() + TOKENS;
    int[] tokens = new int[length];
    long[] positions = new long[3 * length];
    for (int i = 0; i < length; i++) {
      boolean given = i < alone.length();
      tokens[i] = given ? Math.toIntExact(alone.ids()[i]) : token(prompt, i - alone.length());
      for (int axis = 0; axis < 3; axis++) {
        positions[axis * length + i] =
            given
                ? alone.positionIds()[axis * alone.length() + i]
                : alone.nextPositions()[0] + i - alone.length();
      }
    }
    return Autograd.inference(() -> {
      VisionLanguageModel network = model.network();
      PictureFeatures features = network.features(alone, VisionLanguageModel.NO_PROBE).orElse(null);
      try (PackedTransformer transformer = network.packed().orElseThrow();
          SequenceCache cache = transformer.sequence(length)) {
        List<float[]> logits = List.of();
        int placeholders = 0;
        for (int first = 0; first < length; first += size) {
          int end = Math.min(length, first + size);
          long[] own = new long[3 * (end - first)];
          for (int axis = 0; axis < 3; axis++) {
            System.arraycopy(
                positions, axis * length + first, own, axis * (end - first), end - first);
          }
          int[] part = Arrays.copyOfRange(tokens, first, end);
          logits =
              transformer.pass(
                  List.of(
                      SequencePart.of(cache, part, own, features, placeholders, end == length)));
          placeholders +=
              (int)
                  Arrays.stream(part)
                      .filter(token -> token == model.config().imageTokenId())
                      .count();
        }
        return logits.getFirst();
      }
    });
  }

  @Test
  void theSameBitsComeOfCachedTokensAndOfTheWholeInPartsOfAnySize() {
    for (int prompt = 0; prompt < 3; prompt++) {
      float[] cached = logits(Way.PACKED, List.of(prompt))[0][TOKENS];
      for (int size : new int[] {1, 3, 16, 100, PackedTransformer.MOST_ROWS}) {
        assertArrayEquals(cached, inParts(prompt, size), 0);
      }
    }
  }

  @Test
  void whatIsForgottenLeavesNoTrace() {
    Batch alone = model.collator().collate(List.of(prompts.getFirst()));
    Autograd.inference(() -> {
      VisionLanguageModel network = model.network();
      try (PackedTransformer transformer = network.packed().orElseThrow();
          SequenceCache cache = transformer.sequence(alone.length() + 4)) {
        SequencePart first = SequencePart.next(cache, 5, 0);
        float[] once = transformer.pass(List.of(first)).getFirst();
        var _ = transformer.pass(List.of(SequencePart.next(cache, 9, 1)));
        cache.truncate(0);
        assertArrayEquals(once, transformer.pass(List.of(first)).getFirst(), 0);
        assertThrows(IllegalArgumentException.class, () -> cache.truncate(2));
      }
    });
  }

  @Test
  void aRowThatHasEndedIsLeftOutAndChangesNothing() {
    float[] alone = logits(Way.PACKED, List.of(1))[0][TOKENS];
    Autograd.inference(() -> {
      try (Decoder decoder =
          Decoder.open(
              Profile.CACHED,
              model.network(),
              model.collator(),
              prompts.subList(0, 2),
              TOKENS,
              VisionLanguageModel.NO_PROBE)) {
        float[][] logits = decoder.first();
        for (int step = 0; step < TOKENS; step++) {
          int first = step < 4 ? token(0, step) : Decoder.ENDED;
          logits = decoder.next(new int[] {first, token(1, step)});
        }
        assertEquals(0, logits[0].length);
        assertArrayEquals(alone, logits[1], 0);
      }
    });
  }

  @Test
  void aFullCacheIsRefused() {
    Autograd.inference(() -> {
      try (Decoder decoder =
          Decoder.open(
              Profile.CACHED,
              model.network(),
              model.collator(),
              prompts.subList(0, 1),
              1,
              VisionLanguageModel.NO_PROBE)) {
        var _ = decoder.first();
        var _ = decoder.next(new int[] {1});
        IllegalStateException full =
            assertThrows(IllegalStateException.class, () -> decoder.next(new int[] {1}));
        assertTrue(String.valueOf(full.getMessage()).contains("the cache holds"));
      }
    });
  }
}
