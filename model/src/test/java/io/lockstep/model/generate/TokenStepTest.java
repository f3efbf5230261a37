package io.lockstep.model.generate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.model.batch.Sample;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.layer.KvCache;
import io.lockstep.model.network.ActivationListener;
import io.lockstep.model.network.VisionLanguageModel;
import io.lockstep.model.testing.GoldenConversations;
import io.lockstep.model.testing.GoldenFamily;
import io.lockstep.tensor.Autograd;
import io.lockstep.tensor.SmallProducts;
import io.lockstep.tensor.Torch;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** The quick way to a further token beside the network's segments. */
@Tag("numeric")
@ParameterizedClass
@EnumSource(GoldenFamily.class)
class TokenStepTest {

  private static final int TOKENS = 12;

  /** Sees nothing, and so makes a decoder walk through all segments. */
  private static final ActivationListener LOOKS = (name, activation) -> {};

  private final LoadedModel model;
  private final List<Sample> prompts = new ArrayList<>();

  TokenStepTest(GoldenFamily family) throws IOException {
    model = LoadedModel.open(family.checkpoint());
    for (GoldenConversations.Case each : family.conversations()) {
      prompts.add(model.encoder().prompt("prompt " + prompts.size(), each.prompt(), TOKENS));
    }
  }

  @BeforeAll
  static void startTorch() {
    Torch.start(1);
  }

  @AfterEach
  void close() {
    model.close();
  }

  private List<float[][]> logits(List<Sample> rows, ActivationListener probe) {
    List<float[][]> all = new ArrayList<>();
    Autograd.inference(() -> {
      try (Decoder decoder =
          Decoder.open(Profile.CACHED, model.network(), model.collator(), rows, TOKENS, probe)) {
        float[][] logits = decoder.first();
        for (int i = 0; i < TOKENS; i++) {
          // Any tokens do, the same ones both times.
          int[] tokens = new int[rows.size()];
          for (int row = 0; row < tokens.length; row++) {
            tokens[row] = (i * 37 + row * 11) % 300;
          }
          logits = decoder.next(tokens);
          all.add(logits);
        }
      }
    });
    return all;
  }

  @Test
  void itsLogitsAreThoseOfTheSegments() {
    for (int rows = 1; rows <= prompts.size(); rows++) {
      List<Sample> some = prompts.subList(0, rows);
      List<float[][]> quick = logits(some, VisionLanguageModel.NO_PROBE);
      List<float[][]> walked = logits(some, LOOKS);
      for (int token = 0; token < TOKENS; token++) {
        for (int row = 0; row < rows; row++) {
          requireClose(walked.get(token)[row], quick.get(token)[row]);
        }
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

  @Test
  void itIsTakenWhereverTheMatrixLibraryCanBeCalled() {
    try (KvCache cache = new KvCache(model.config().text(), model.config().computeType(), 1, 4)) {
      var step = model.network().tokenStep(cache, 1);
      assertEquals(SmallProducts.areThere(), step.isPresent());
      step.ifPresent(each -> each.close());
    }
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
