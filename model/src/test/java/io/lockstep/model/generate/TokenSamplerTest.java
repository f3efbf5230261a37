package io.lockstep.model.generate;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Choosing a token from logits, by hand and against the public library. */
class TokenSamplerTest {

  private static final List<Integer> NO_ENDS = List.of();

  @Test
  void greedyTakesTheLowestOfEquallyProbableTokens() {
    assertEquals(1, choose(DecodingOptions.greedy(9), 0, 3, 3, -1));
  }

  @Test
  void theRepetitionPenaltyDividesPositiveAndMultipliesNegativeLogitsOnce() {
    LogitRules rules = new LogitRules(penalty(2), new int[] {0, 0, 1, 4}, NO_ENDS);
    assertArrayEquals(
        new float[] {2, -4, 3, 4, 0, 3},
        rules.apply(new float[] {4, -2, 3, 4, 0, 6}, List.of(5, 5)));
  }

  @Test
  void rulesThatDoNotApplyLeaveTheLogitsAlone() {
    float[] logits = {1, 2};
    assertSame(
        logits,
        new LogitRules(sampled(1, 0.5, 1), new int[] {0}, List.of(1)).apply(logits, List.of()));
  }

  @Test
  void noEndTokenComesBeforeTheLeastLength() {
    LogitRules rules =
        new LogitRules(new DecodingOptions(0, 1, 0, 1, 2, 9, 0), new int[0], List.of(0, 2));
    float[] shut = {Float.NEGATIVE_INFINITY, 1, Float.NEGATIVE_INFINITY};
    assertArrayEquals(shut, rules.apply(new float[] {5, 1, 4}, List.of()));
    assertArrayEquals(shut, rules.apply(new float[] {5, 1, 4}, List.of(1)));
    assertArrayEquals(new float[] {5, 1, 4}, rules.apply(new float[] {5, 1, 4}, List.of(1, 1)));
  }

  @Test
  void topKKeepsTheMostProbableAndOfEqualOnesTheLower() {
    float[] logits = {-1, 2, -0f, 2, 0f, 2, Float.NEGATIVE_INFINITY};
    assertArrayEquals(new int[] {1, 3}, kept(logits, sampled(1, 1, 2)));
    assertArrayEquals(new int[] {1, 3, 5, 2}, kept(logits, sampled(1, 1, 4)));
    assertEquals(7, kept(logits, sampled(1, 1, 7)).length);
  }

  @Test
  void topPKeepsTheSmallestSetThatReachesIt() {
    // Probabilities 0.5, 0.25, 0.125, 0.125.
    float log2 = (float) Math.log(2);
    float[] logits = {-2 * log2, -log2, -3 * log2, -3 * log2};
    assertArrayEquals(new int[] {1}, kept(logits, sampled(1, 0.01, 0)));
    assertArrayEquals(new int[] {1}, kept(logits, sampled(1, 0.499, 0)));
    assertArrayEquals(new int[] {1, 0}, kept(logits, sampled(1, 0.51, 0)));
    assertArrayEquals(new int[] {1, 0, 2}, kept(logits, sampled(1, 0.8, 0)));
    // Of the two that top-k leaves the first has 2/3.
    assertArrayEquals(new int[] {1}, kept(logits, sampled(1, 0.6, 2)));
  }

  @Test
  void probabilitiesAreThoseOfThePublicLibrary() throws IOException {
    JsonNode table = table();
    float[] logits = floats(table.get("logits"));
    int[] prompt = integers(table.get("prompt")).stream().mapToInt(Integer::intValue).toArray();
    for (JsonNode wanted : table.get("cases")) {
      DecodingOptions options =
          new DecodingOptions(
              wanted.get("temperature").asDouble(),
              wanted.get("top_p").asDouble(),
              wanted.get("top_k").asInt(),
              wanted.get("repetition_penalty").asDouble(),
              wanted.get("min_new_tokens").asInt(),
              9,
              0);
      float[] changed =
          new LogitRules(options, prompt, integers(table.get("end_tokens")))
              .apply(logits, integers(table.get("answer")));
      Map<Integer, Double> computed = probabilities(Candidates.of(changed, options));

      JsonNode probabilities = wanted.get("probabilities");
      List<Integer> tokens = new ArrayList<>();
      probabilities.fieldNames().forEachRemaining(name -> tokens.add(Integer.valueOf(name)));
      assertEquals(tokens, List.copyOf(computed.keySet()), options.toString());
      computed.forEach((token, probability) ->
          assertEquals(
              probabilities.get(token.toString()).asDouble(),
              probability,
              2e-6,
              () -> options + " token " + token));
    }
  }

  @Test
  void tokensAreDrawnAsOftenAsTheirProbabilitiesSay() {
    float[] logits = {1, 0, 2, -1};
    int draws = 20_000;
    int[] counts = new int[logits.length];
    for (int seed = 0; seed < draws; seed++) {
      counts[new TokenSampler(seeded(seed)).choose(logits, seed % 7)]++;
    }
    double chiSquare = 0;
    for (int token = 0; token < logits.length; token++) {
      double expected = draws * TokenSampler.probability(logits, token);
      chiSquare += Math.pow(counts[token] - expected, 2) / expected;
    }
    // 99.9 % quantile for 3 degrees of freedom; the draws are always the same ones.
    assertTrue(chiSquare < 16.27, chiSquare + " " + Arrays.toString(counts));
  }

  @Test
  void whatIsDrawnDependsOnSeedAndPositionAlone() {
    float[] logits = new float[500];
    int[] drawn = draws(11, logits);
    assertArrayEquals(drawn, draws(11, logits));
    assertTrue(IntStream.of(drawn).distinct().count() > 40, Arrays.toString(drawn));
    int[] other = draws(12, logits);
    assertTrue(IntStream.range(0, 50).filter(i -> drawn[i] == other[i]).count() < 5);
  }

  @Test
  void aRoundingDoesNotMoveTheChoice() {
    float[] logits = new float[300];
    float[] rounded = new float[300];
    for (int i = 0; i < logits.length; i++) {
      logits[i] = (float) Math.sin(i * 1.3) * 4;
      rounded[i] = logits[i] + 1e-6f * (i % 3 - 1);
    }
    assertArrayEquals(draws(5, logits), draws(5, rounded));
  }

  @Test
  void brokenLogitsAreAnError() {
    for (float broken : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
      String message =
          assertThrows(
                  IllegalArgumentException.class,
                  () -> choose(DecodingOptions.greedy(9), 0, broken))
              .toString();
      assertTrue(message.contains("token 1 is " + broken), message);
    }
  }

  @Test
  void allSettingsOutsideOfTheirRangesAreNamedAtOnce() {
    String message =
        assertThrows(
                IllegalArgumentException.class,
                () -> new DecodingOptions(-1, 0, -1, Double.NaN, 5, 4, 0))
            .toString();
    for (String part :
        List.of(
            "temperature is -1.0; it must be 0 (greedy) to 10.0",
            "top_p is 0.0",
            "top_k is -1",
            "repetition_penalty is NaN",
            "min_new_tokens is 5; it must be 0 to max_new_tokens, 4")) {
      assertTrue(message.contains(part), message);
    }
  }

  private static int[] draws(long seed, float[] logits) {
    TokenSampler sampler = new TokenSampler(seeded(seed));
    return IntStream.range(0, 50).map(position -> sampler.choose(logits, position)).toArray();
  }

  private static int choose(DecodingOptions options, float... logits) {
    return new TokenSampler(options).choose(logits, 0);
  }

  private static int[] kept(float[] logits, DecodingOptions options) {
    return Candidates.of(logits, options).tokens();
  }

  private static DecodingOptions sampled(double temperature, double topP, int topK) {
    return new DecodingOptions(temperature, topP, topK, 1, 0, 9, 0);
  }

  private static DecodingOptions seeded(long seed) {
    return new DecodingOptions(1, 1, 0, 1, 0, 9, seed);
  }

  private static DecodingOptions penalty(double repetitionPenalty) {
    return new DecodingOptions(0, 1, 0, repetitionPenalty, 0, 9, 0);
  }

  private static SortedMap<Integer, Double> probabilities(Candidates candidates) {
    double sum = Arrays.stream(candidates.weights()).sum();
    SortedMap<Integer, Double> probabilities = new TreeMap<>();
    for (int i = 0; i < candidates.tokens().length; i++) {
      // The public library computes in single precision, whose least number is far above double's.
      if (candidates.weights()[i] / sum > Float.MIN_VALUE) {
        probabilities.put(candidates.tokens()[i], candidates.weights()[i] / sum);
      }
    }
    return probabilities;
  }

  private static JsonNode table() throws IOException {
    try (InputStream in =
        TokenSamplerTest.class.getResourceAsStream("/generate/logits-processors.json")) {
      return new ObjectMapper().readTree(Objects.requireNonNull(in));
    }
  }

  private static float[] floats(JsonNode list) {
    float[] floats = new float[list.size()];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = list.get(i).floatValue();
    }
    return floats;
  }

  private static List<Integer> integers(JsonNode list) {
    List<Integer> integers = new ArrayList<>();
    list.forEach(element -> integers.add(element.asInt()));
    return integers;
  }
}
