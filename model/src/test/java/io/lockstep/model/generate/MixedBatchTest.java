package io.lockstep.model.generate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.data.conversation.Conversation;
import io.lockstep.model.batch.Collator;
import io.lockstep.model.batch.Sample;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.network.VisionLanguageModel;
import io.lockstep.model.testing.GoldenConversations;
import io.lockstep.model.testing.GoldenFamily;
import io.lockstep.model.testing.OnlyRounding;
import io.lockstep.tensor.Autograd;
import io.lockstep.tensor.Torch;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Requests with settings of their own, together and alone. */
@Tag("numeric")
@ParameterizedClass
@EnumSource(GoldenFamily.class)
class MixedBatchTest {

  private final LoadedModel model;
  private final List<GoldenConversations.Case> cases;

  MixedBatchTest(GoldenFamily family) throws IOException {
    model = LoadedModel.open(family.checkpoint());
    cases = family.conversations();
  }

  @BeforeAll
  static void startTorch() {
    Torch.start(1);
  }

  @AfterEach
  void close() {
    model.close();
  }

  @Test
  void anAnswerIsTheSameAloneInAnyBatchInAnyOrderAndInBothProfiles() throws IOException {
    List<GenerationRequest> requests = mixed();
    List<GenerationResult> together = answer(requests, Profile.CACHED);

    assertEquals(together, answer(requests, Profile.STRICT));
    assertEquals(together.reversed(), answer(requests.reversed(), Profile.CACHED));
    for (Profile profile : Profile.values()) {
      List<GenerationResult> alone = new ArrayList<>();
      for (GenerationRequest request : requests) {
        alone.addAll(answer(List.of(request), profile));
      }
      assertEquals(together, alone, profile.toString());
    }
    for (int row = 0; row < requests.size(); row++) {
      int most = requests.get(row).decoding().maxNewTokens();
      Generation answer = assertInstanceOf(Generation.class, together.get(row));
      assertTrue(answer.newTokens() == most || answer.endedByEos(), answer.toString());
    }
  }

  @Test
  void anotherSeedGivesAnotherAnswer() throws IOException {
    List<List<Integer>> answers = new ArrayList<>();
    for (long seed : new long[] {1, 2, 1}) {
      answers.add(
          tokens(
              answer(
                      List.of(request(2, new DecodingOptions(1, 1, 0, 1, 12, 12, seed))),
                      Profile.CACHED)
                  .getFirst()));
    }
    assertEquals(answers.get(0), answers.get(2));
    assertNotEquals(answers.get(0), answers.get(1));
  }

  @Test
  void theRepetitionPenaltyLooksAtThePromptAndAtPictures() throws IOException {
    GenerationRequest plain = request(0, DecodingOptions.greedy(10));
    GenerationRequest penalised = request(0, new DecodingOptions(0, 1, 0, 10, 0, 10, 0));
    List<Integer> answer = tokens(answer(List.of(penalised), Profile.CACHED).getFirst());

    assertEquals(answer.size(), answer.stream().distinct().count(), answer.toString());
    assertNotEquals(tokens(answer(List.of(plain), Profile.CACHED).getFirst()), answer);
  }

  @ParameterizedTest
  @EnumSource(Profile.class)
  void anyOfSeveralEndTokensEndsItsRowAlone(Profile profile) throws IOException {
    List<GenerationRequest> requests =
        List.of(request(2, DecodingOptions.greedy(8)), request(0, DecodingOptions.greedy(8)));
    List<Integer> first = tokens(answer(requests, profile).get(0));
    List<Integer> second = tokens(answer(requests, profile).get(1));
    int end = firstNew(first, 2, second);

    List<GenerationResult> ended =
        generator(List.of(end, model.config().imageTokenId()))
            .answer(requests, profile, GenerationListener.NONE);

    assertEquals(first.subList(0, first.indexOf(end)), tokens(ended.get(0)));
    assertTrue(((Generation) ended.get(0)).endedByEos());
    assertEquals(second, tokens(ended.get(1)));
  }

  @ParameterizedTest
  @EnumSource(Profile.class)
  void anAnswerThatEndsAtOnceIsReportedAndItsNeighboursAreAnswered(Profile profile)
      throws IOException {
    List<GenerationRequest> requests =
        List.of(request(2, DecodingOptions.greedy(6)), request(0, DecodingOptions.greedy(6)));
    List<GenerationResult> open = answer(requests, profile);
    int first = tokens(open.get(0)).getFirst();
    List<Integer> neighbour = tokens(open.get(1));
    Generator generator = generator(List.of(first));
    List<Integer> ends = new ArrayList<>();

    List<GenerationResult> results =
        generator.answer(
            requests,
            profile,
            new GenerationListener() {
              @Override
              public void onText(int row, String piece) {}

              @Override
              public void onEnd(int row, GenerationResult result) {
                ends.add(row);
              }
            });

    EmptyGeneration empty = assertInstanceOf(EmptyGeneration.class, results.get(0));
    assertEquals(cases.get(2).promptTokens(), empty.promptTokens());
    assertEquals(0, empty.newTokens());
    assertEquals(first, empty.firstToken());
    assertEquals(model.tokenizer().display(first), empty.firstTokenText());
    float[] logits = firstLogits(2);
    assertEquals(
        probability(logits, first),
        empty.probability(),
        OnlyRounding.ofProbability(model.config(), logits));
    assertTrue(empty.message().startsWith("empty generation for case 2: "), empty.message());
    int shared = neighbour.indexOf(first);
    assertEquals(shared < 0 ? neighbour : neighbour.subList(0, shared), tokens(results.get(1)));
    assertEquals(List.of(0, 1), ends);

    String refused =
        assertThrows(
                EmptyGenerationException.class,
                () ->
                    generator.generate(
                        List.of(cases.get(2).prompt()), GenerationOptions.greedy(6, profile)))
            .toString();
    assertTrue(refused.contains(cases.get(2).promptTokens() + " prompt tokens"), refused);
  }

  @Test
  void anAnswerOfBlanksIsNone() throws IOException {
    int blank = model.tokenizer().encode("\n")[0];
    int end = model.generationConfig().eosTokenIds().getFirst();
    Sample asked = model.encoder().prompt("asked", cases.get(2).prompt());
    Answer answer =
        new Answer(
            0,
            new Prompt(
                new GenerationRequest("asked", cases.get(2).prompt(), DecodingOptions.greedy(6)),
                asked),
            model.tokenizer(),
            List.of(end),
            GenerationListener.NONE);
    for (int token : new int[] {blank, blank, end}) {
      float[] logits = new float[model.config().text().vocabSize()];
      logits[token] = 20;
      answer.grow(logits);
    }
    EmptyGeneration empty = assertInstanceOf(EmptyGeneration.class, answer.result());
    assertEquals(2, empty.newTokens());
    assertEquals(blank, empty.firstToken());
    assertTrue(
        empty
            .message()
            .contains("2 new tokens without any text, first token '\\n' (%d)".formatted(blank)),
        empty.message());
  }

  @ParameterizedTest
  @EnumSource(Profile.class)
  void theLeastLengthKeepsAnAnswerFromEndingAtOnce(Profile profile) throws IOException {
    List<Integer> open =
        tokens(answer(List.of(request(2, DecodingOptions.greedy(6))), profile).getFirst());
    GenerationResult result =
        generator(List.of(open.getFirst()))
            .answer(
                List.of(request(2, new DecodingOptions(0, 1, 0, 1, 4, 6, 0))),
                profile,
                GenerationListener.NONE)
            .getFirst();
    assertTrue(tokens(result).size() >= 4);
    assertFalse(tokens(result).subList(0, 4).contains(open.getFirst()), result.toString());
  }

  @Test
  void bothDecodersGiveTheSameLogitsForForcedTokens() throws IOException {
    List<Sample> prompts = new ArrayList<>();
    for (GoldenConversations.Case golden : cases) {
      prompts.add(model.encoder().prompt("p", golden.prompt()));
    }
    int[][] forced = {{1, 2, 3, 4}, {50, 60, 70, 80}, {9, 9, 9, 9}};
    List<float[][]> strict = forced(Profile.STRICT, prompts, forced);
    List<float[][]> cached = forced(Profile.CACHED, prompts, forced);
    for (int step = 0; step < strict.size(); step++) {
      for (int row = 0; row < prompts.size(); row++) {
        OnlyRounding.assertBetween(
            "step " + step + " row " + row,
            model.config(),
            strict.get(step)[row],
            cached.get(step)[row]);
      }
    }
  }

  private List<float[][]> forced(Profile profile, List<Sample> prompts, int[][] tokens) {
    return Autograd.inference(() -> {
      List<float[][]> logits = new ArrayList<>();
      try (Decoder decoder =
          Decoder.open(
              profile, network(), model.collator(), prompts, 3, VisionLanguageModel.NO_PROBE)) {
        logits.add(decoder.first());
        for (int[] next : tokens) {
          logits.add(decoder.next(next));
        }
        assertThrows(IllegalStateException.class, () -> decoder.next(tokens[0]));
      }
      return logits;
    });
  }

  private List<GenerationRequest> mixed() {
    return List.of(
        request(0, DecodingOptions.greedy(9)),
        request(1, new DecodingOptions(0.7, 0.8, 20, 1, 0, 14, 7)),
        request(2, new DecodingOptions(1.2, 1, 0, 1.3, 5, 11, 7)),
        request(3, new DecodingOptions(1, 0.9, 0, 1, 0, 3, 8)),
        request(2, new DecodingOptions(1, 1, 5, 1.05, 2, 14, -1)),
        request(0, new DecodingOptions(0, 1, 0, 1.5, 0, 1, 0)));
  }

  private GenerationRequest request(int index, DecodingOptions decoding) {
    Conversation prompt = cases.get(index).prompt();
    return new GenerationRequest("case " + index, prompt, decoding);
  }

  private List<GenerationResult> answer(List<GenerationRequest> requests, Profile profile)
      throws IOException {
    return model.generator().answer(requests, profile, GenerationListener.NONE);
  }

  private Generator generator(List<Integer> endTokens) {
    Collator collator = model.collator();
    return new Generator(network(), model.encoder(), collator, model.tokenizer(), endTokens);
  }

  private VisionLanguageModel network() {
    return new VisionLanguageModel(model.config(), model.parameters());
  }

  private float[] firstLogits(int index) throws IOException {
    List<Sample> prompt = List.of(model.encoder().prompt("p", cases.get(index).prompt()));
    return forced(Profile.STRICT, prompt, new int[3][1]).getFirst()[0];
  }

  private static double probability(float[] logits, int token) {
    double sum = 0;
    for (float logit : logits) {
      sum += Math.exp(logit);
    }
    return Math.exp(logits[token]) / sum;
  }

  private static List<Integer> tokens(GenerationResult result) {
    return assertInstanceOf(Generation.class, result).tokens();
  }

  /** The first token from {@code from} on that came neither earlier nor in the other answer. */
  private static int firstNew(List<Integer> tokens, int from, List<Integer> other) {
    for (int i = from; i < tokens.size(); i++) {
      if (tokens.indexOf(tokens.get(i)) == i && Collections.frequency(other, tokens.get(i)) == 0) {
        return tokens.get(i);
      }
    }
    throw new IllegalStateException("no such token in " + tokens + " and " + other);
  }
}
