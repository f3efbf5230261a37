package io.lockstep.model.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import io.lockstep.data.conversation.Conversation;
import io.lockstep.model.batch.Batch;
import io.lockstep.model.batch.Sample;
import io.lockstep.model.budget.KeptTokens;
import io.lockstep.model.budget.TokenBudget;
import io.lockstep.model.config.InvalidConfigException;
import io.lockstep.model.encode.SampleEncoder;
import io.lockstep.model.generate.Generation;
import io.lockstep.model.generate.GenerationOptions;
import io.lockstep.model.generate.Profile;
import io.lockstep.model.network.VisionLanguageModel;
import io.lockstep.model.parameter.Weights;
import io.lockstep.model.testing.GoldenFamily;
import io.lockstep.model.testing.OnlyRounding;
import io.lockstep.tensor.Autograd;
import io.lockstep.tensor.Ops;
import io.lockstep.tensor.Scope;
import io.lockstep.tensor.Torch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** A model that sees only some vision tokens, from the encoder to the gradients. */
@Tag("numeric")
@ParameterizedClass
@EnumSource(GoldenFamily.class)
class PrunedModelTest {

  private static final TokenBudget HALF = new TokenBudget(0.5);
  private static final int WHOLE = 1;

  /** A parameter of each part that a gradient passes; DeepStack is Qwen3-VL's alone. */
  private static final Set<String> ON_THE_WAY =
      Set.of(
          "model.visual.patch_embed.proj.weight",
          "model.visual.deepstack_merger_list.0.linear_fc2.weight",
          "model.visual.merger.mlp.2.weight",
          "model.language_model.layers.0.self_attn.q_proj.weight");

  private final GoldenFamily family;
  private final LoadedModel model;
  private final List<Conversation> answered;
  private final List<Conversation> prompts;

  PrunedModelTest(GoldenFamily family) throws IOException {
    Torch.start(1);
    this.family = family;
    model = LoadedModel.open(family.checkpoint());
    answered = family.conversations().stream().map(c -> c.answered()).toList();
    prompts = family.conversations().stream().map(c -> c.prompt()).toList();
  }

  @AfterEach
  void close() {
    model.close();
  }

  @Test
  void aWholeBudgetGivesTheBitsOfTheUnprunedModel() throws IOException {
    List<Sample> whole = samples(model.encoder().withBudget(new TokenBudget(1.0)));
    List<Sample> unpruned =
        whole.stream().map(s -> new Sample(s.name(), s.tokens(), s.labels(), s.images())).toList();
    Batch budgeted = model.collator().collate(whole);
    assertEquals(0, budgeted.keptTokens().length);
    assertArrayEquals(logits(model.collator().collate(unpruned)), logits(budgeted));
  }

  /** Placeholders, positions and DeepStack lines up: selecting everything changes nothing. */
  @Test
  void selectingEveryTokenGivesTheBitsOfTheUnprunedModel() throws IOException {
    Batch batch = model.collator().collate(samples(model.encoder()));
    int tokens = batch.patches() / 4;
    long[] all = IntStream.range(0, tokens).asLongStream().toArray();
    assertArrayEquals(logits(batch), logits(with(batch, batch.attentionMask(), all)));
  }

  /**
   * A token that is left out is one that nobody attends to: pruned logits equal those of the whole
   * batch with these tokens masked.
   */
  @Test
  void leavingTokensOutIsMaskingThem() throws IOException {
    List<Sample> pruned = mixed();
    Batch small = model.collator().collate(pruned);
    Batch large = model.collator().collate(samples(model.encoder()));
    Batch masked = masked(large, pruned);
    assertTrue(small.ids().length < large.ids().length);
    assertRowsEqual(small, logits(small), masked, logits(masked));
  }

  @Test
  void gradientsOfLeavingTokensOutAreThoseOfMaskingThem() throws IOException {
    List<Sample> pruned = mixed();
    Batch small = model.collator().collate(pruned);
    Batch masked = masked(model.collator().collate(samples(model.encoder())), pruned);
    List<String> names =
        model.parameters().byName().keySet().stream().filter(ON_THE_WAY::contains).toList();
    assertEquals(3, names.size());
    for (String name : names) {
      float[] expected = gradient(masked, name);
      float[] got = gradient(small, name);
      double norm = 0;
      double error = 0;
      for (int i = 0; i < got.length; i++) {
        norm = Math.hypot(norm, expected[i]);
        error = Math.hypot(error, expected[i] - got[i]);
      }
      assertTrue(norm > 0 && error <= 1e-4 * norm, name + " differs by " + error + " of " + norm);
    }
  }

  @Test
  void aRowIsTheSameAloneAndAmongRowsOfOtherBudgets() throws IOException {
    List<Sample> rows = mixed();
    Batch batch = model.collator().collate(rows);
    float[] together = logits(batch);
    for (int row = 0; row < rows.size(); row++) {
      Batch single = model.collator().collate(List.of(rows.get(row)));
      float[] alone = logits(single);
      float[] tail =
          Arrays.copyOfRange(
              together,
              ((row + 1) * batch.length() - single.length()) * width(together, batch),
              (row + 1) * batch.length() * width(together, batch));
      assertClose(alone, tail);
    }
  }

  @Test
  void keptTokensHoldTheirPositionsAndTextGoesOnAfterTheWholePicture() throws IOException {
    List<Sample> pruned = samples(model.encoder().withBudget(HALF));
    Batch small = model.collator().collate(pruned);
    Batch large = model.collator().collate(samples(model.encoder()));
    assertArrayEquals(large.nextPositions(), small.nextPositions());
    assertEquals(large.supervisedTokens(), small.supervisedTokens());
    List<Integer> keptRows = kept(large, pruned);
    List<Integer> present = present(small);
    for (int axis = 0; axis < 3; axis++) {
      for (int i = 0; i < present.size(); i++) {
        assertEquals(
            large.positionIds()[axis * large.ids().length + keptRows.get(i)],
            small.positionIds()[axis * small.ids().length + present.get(i)]);
      }
    }
  }

  @Test
  void strictAndCachedGenerationAgree() throws IOException {
    try (LoadedModel half = LoadedModel.open(family.checkpoint())) {
      half.replaceTokenBudget(HALF, "a test");
      List<List<Integer>> cached = tokens(half, Profile.CACHED);
      assertEquals(cached, tokens(half, Profile.STRICT));
      half.replaceTokenBudget(TokenBudget.ALL, "a test");
      assertTrue(!cached.equals(tokens(half, Profile.CACHED)), "half of the tokens say the same");
    }
  }

  @Test
  void theBudgetIsSavedAndReadWithTheModel(@TempDir Path folder) throws IOException {
    Path first = Files.createDirectory(folder.resolve("first"));
    Path second = Files.createDirectory(folder.resolve("second"));
    try (LoadedModel half = LoadedModel.open(family.checkpoint())) {
      assertEquals(TokenBudget.ALL, half.tokenBudget());
      half.replaceTokenBudget(HALF, "a test");
      assertTrue(half.save(first).contains("vision.json"));
    }
    try (LoadedModel reopened = LoadedModel.open(first)) {
      assertEquals(HALF, reopened.tokenBudget());
      KeptTokens kept = reopened.encoder().prompt("p", prompts.getFirst()).kept().getFirst();
      assertEquals(HALF.count(kept.of()), kept.count());
      reopened.replaceTokenBudget(TokenBudget.ALL, "a test");
      assertTrue(!reopened.save(second).contains("vision.json"));
    }
    Files.writeString(first.resolve("vision.json"), "{\"token_budget\": 1.5, \"other\": 1}");
    String message =
        String.valueOf(
            assertThrows(InvalidConfigException.class, () -> LoadedModel.open(first)).getMessage());
    assertTrue(message.contains("token_budget") && message.contains("other"), message);
  }

  private List<List<Integer>> tokens(LoadedModel pruned, Profile profile) throws IOException {
    return pruned.generator().generate(prompts, GenerationOptions.greedy(6, profile)).stream()
        .map(Generation::tokens)
        .toList();
  }

  private List<Sample> samples(SampleEncoder encoder) throws IOException {
    List<Sample> samples = new ArrayList<>();
    for (Conversation conversation : answered) {
      samples.add(encoder.forTraining("conversation " + samples.size(), conversation));
    }
    return samples;
  }

  /** Rows of three budgets, one of which is whole. */
  private List<Sample> mixed() throws IOException {
    List<Sample> rows = samples(model.encoder().withBudget(HALF));
    rows.set(WHOLE, samples(model.encoder()).get(WHOLE));
    rows.set(3, samples(model.encoder().withBudget(new TokenBudget(0.25))).get(3));
    return rows;
  }

  private Batch masked(Batch whole, List<Sample> pruned) {
    long[] mask = new long[whole.attentionMask().length];
    kept(whole, pruned).forEach(at -> mask[at] = 1);
    return with(whole, mask, new long[0]);
  }

  /** Places in the whole batch of all tokens that pruning leaves, row by row. */
  private List<Integer> kept(Batch whole, List<Sample> pruned) {
    List<Integer> places = new ArrayList<>();
    for (int row = 0; row < whole.rows(); row++) {
      List<Boolean> stays = new ArrayList<>();
      for (KeptTokens picture : pruned.get(row).kept()) {
        for (int i = 0; i < picture.of(); i++) {
          stays.add(Arrays.binarySearch(picture.indices(), i) >= 0);
        }
      }
      int placeholder = 0;
      for (int at = row * whole.length(); at < (row + 1) * whole.length(); at++) {
        boolean isPicture = whole.ids()[at] == model.config().imageTokenId();
        if (whole.attentionMask()[at] == 1 && (!isPicture || stays.get(placeholder))) {
          places.add(at);
        }
        placeholder += isPicture ? 1 : 0;
      }
    }
    return places;
  }

  private static List<Integer> present(Batch batch) {
    return IntStream.range(0, batch.ids().length)
        .filter(at -> batch.attentionMask()[at] == 1)
        .boxed()
        .toList();
  }

  private void assertRowsEqual(Batch a, float[] ofA, Batch b, float[] ofB) {
    List<Integer> placesA = present(a);
    List<Integer> placesB = present(b);
    assertEquals(placesA.size(), placesB.size());
    int width = width(ofA, a);
    for (int i = 0; i < placesA.size(); i++) {
      assertClose(
          Arrays.copyOfRange(ofA, placesA.get(i) * width, (placesA.get(i) + 1) * width),
          Arrays.copyOfRange(ofB, placesB.get(i) * width, (placesB.get(i) + 1) * width));
    }
  }

  private void assertClose(float[] expected, float[] got) {
    OnlyRounding.assertBetween("logits", model.config(), expected, got);
  }

  private static int width(float[] logits, Batch batch) {
    return logits.length / batch.ids().length;
  }

  private static Batch with(Batch batch, long[] mask, long[] keptTokens) {
    return new Batch(
        batch.rows(),
        batch.length(),
        batch.ids(),
        mask,
        batch.labels(),
        batch.positionIds(),
        batch.nextPositions(),
        batch.pixels(),
        batch.grids(),
        keptTokens);
  }

  private float[] logits(Batch batch) {
    try (Scope scope = Scope.open()) {
      VisionLanguageModel network = new VisionLanguageModel(model.config(), model.parameters());
      return Autograd.inference(() ->
              network.logits(network.hidden(scope, batch, null, VisionLanguageModel.NO_PROBE)))
          .toFloatArray();
    }
  }

  /** Gradient of the sum of all logits that predict a supervised token, weighted alike. */
  private float[] gradient(Batch batch, String name) {
    try (Scope scope = Scope.open()) {
      Weights leaves = model.parameters().leaves()::get;
      VisionLanguageModel network = new VisionLanguageModel(model.config(), leaves);
      NDArray loss =
          Autograd.recording(() -> {
            NDArray hidden = network.hidden(scope, batch, null, VisionLanguageModel.NO_PROBE);
            long[] rows = predicting(batch);
            NDArray flat = hidden.reshape(-1, hidden.getShape().get(2));
            NDArray picked = Ops.indexSelect(flat, 0, scope.fromLongs(rows, rows.length));
            NDArray labels =
                scope.fromLongs(
                    Arrays.stream(rows).map(r -> batch.labels()[(int) r + 1]).toArray(),
                    rows.length);
            return Ops.crossEntropySum(network.logits(picked), labels, Sample.IGNORED);
          });
      Autograd.backward(loss, null);
      return Autograd.gradient(leaves.get(name)).toFloatArray();
    }
  }

  private static long[] predicting(Batch batch) {
    return IntStream.range(0, batch.ids().length - 1)
        .filter(at -> (at + 1) % batch.length() != 0 && batch.labels()[at + 1] != Sample.IGNORED)
        .asLongStream()
        .toArray();
  }
}
