package io.lockstep.model.generate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.model.batch.Collator;
import io.lockstep.model.batch.Sample;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.generate.Completer.Request;
import io.lockstep.model.testing.GoldenConversations;
import io.lockstep.model.testing.GoldenFamily;
import io.lockstep.tensor.Torch;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Tokens that continue prompts, beside the generator that answers users. */
@Tag("numeric")
class CompleterTest {

  private static final int MOST = 10;

  private static LoadedModel model;
  private static final List<Sample> prompts = new ArrayList<>();
  private static final List<Generation> answers = new ArrayList<>();

  @BeforeAll
  static void open() throws IOException {
    Torch.start(1);
    model = LoadedModel.open(GoldenFamily.QWEN3_VL.checkpoint());
    for (GoldenConversations.Case each : GoldenFamily.QWEN3_VL.conversations()) {
      prompts.add(model.encoder().prompt("prompt", each.prompt()));
      answers.addAll(
          model.generator().generate(List.of(each.prompt()), GenerationOptions.cached(MOST)));
    }
  }

  @AfterAll
  static void close() {
    model.close();
  }

  private static List<Completion> complete(
      Collator collator, List<Integer> endTokens, DecodingOptions decoding) {
    return new Completer(model.network(), collator, endTokens)
        .complete(prompts.stream().map(prompt -> new Request(prompt, decoding)).toList());
  }

  private static List<Completion> complete(DecodingOptions decoding) {
    return complete(model.collator(), model.generationConfig().eosTokenIds(), decoding);
  }

  private static DecodingOptions drawn(double temperature, long seed) {
    return new DecodingOptions(temperature, 1, 0, 1, 0, MOST, seed);
  }

  @Test
  void theMostProbableTokensAreThoseOfTheGenerator() {
    List<Completion> completions = complete(DecodingOptions.greedy(MOST));
    for (int i = 0; i < prompts.size(); i++) {
      List<Integer> tokens = completions.get(i).tokens();
      int text = answers.get(i).tokens().size();
      assertEquals(answers.get(i).tokens(), tokens.subList(0, text));
      assertEquals(answers.get(i).endedByEos(), completions.get(i).endedByEos());
      assertEquals(text + (completions.get(i).endedByEos() ? 1 : 0), tokens.size());
    }
  }

  @Test
  void anEndTokenBelongsToTheCompletionAndEndsIt() {
    int end = answers.getFirst().tokens().get(2);
    int first = answers.getFirst().tokens().indexOf(end);
    Completion ended =
        complete(model.collator(), List.of(end), DecodingOptions.greedy(MOST)).getFirst();
    assertEquals(answers.getFirst().tokens().subList(0, first + 1), ended.tokens());
    assertTrue(ended.endedByEos());
  }

  @Test
  void whatIsDrawnFollowsFromTheSeed() {
    List<Completion> once = complete(drawn(1, 5));
    assertEquals(once, complete(drawn(1, 5)));
    assertNotEquals(once, complete(drawn(1, 6)));
    assertTrue(once.stream().allMatch(each -> each.tokens().size() <= MOST));
  }

  /** A completion is put into a batch whose placeholders are those of its pictures. */
  @Test
  void thePlaceholderOfPicturesIsNeverDrawn() {
    Sample text =
        prompts.stream().filter(prompt -> prompt.images().isEmpty()).findFirst().orElseThrow();
    List<Request> request = List.of(new Request(text, DecodingOptions.greedy(MOST)));
    Collator own = model.collator();
    List<Integer> allowed =
        new Completer(model.network(), own, List.of()).complete(request).getFirst().tokens();
    int token = allowed.getLast();
    Collator other = new Collator(own.padTokenId(), token, own.mergeSize());
    List<Integer> barred =
        new Completer(model.network(), other, List.of()).complete(request).getFirst().tokens();
    assertFalse(barred.contains(token));
    assertEquals(MOST, barred.size());
  }

  @Test
  void ofNothingComesNothing() {
    assertEquals(
        List.of(), new Completer(model.network(), model.collator(), List.of()).complete(List.of()));
  }
}
