package io.lockstep.model.config;

import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * How the makers of a checkpoint recommend to sample, as {@code generation_config.json} says. A key
 * that it leaves out has the public library's default: temperature 1, top_p 1, top_k 50, repetition
 * penalty 1, no sampling.
 *
 * @param doSample whether tokens are drawn; otherwise the most probable one is taken
 * @param temperature divides the logits, above 0
 * @param topP share of probability that is drawn from, above 0 and at most 1
 * @param topK how many tokens are drawn from; 0 for all
 * @param repetitionPenalty weakens tokens that have occurred, above 0; 1 changes nothing
 */
public record SamplingDefaults(
    boolean doSample, double temperature, double topP, int topK, double repetitionPenalty) {

  /** What holds if nothing is said. */
  public static final SamplingDefaults GREEDY = new SamplingDefaults(false, 1, 1, 50, 1);

  private static final String DO_SAMPLE = "do_sample";
  private static final String TEMPERATURE = "temperature";
  private static final String TOP_P = "top_p";
  private static final String TOP_K = "top_k";
  private static final String REPETITION_PENALTY = "repetition_penalty";

  static SamplingDefaults read(StrictJson json) {
    json.inert(DO_SAMPLE, TEMPERATURE, TOP_P, TOP_K, REPETITION_PENALTY);
    return new SamplingDefaults(
        json.has(DO_SAMPLE) && json.bool(DO_SAMPLE),
        above0(json, TEMPERATURE, GREEDY.temperature(), Double.MAX_VALUE),
        above0(json, TOP_P, GREEDY.topP(), 1),
        json.has(TOP_K) ? json.integer(TOP_K, 0) : GREEDY.topK(),
        above0(json, REPETITION_PENALTY, GREEDY.repetitionPenalty(), Double.MAX_VALUE));
  }

  private static double above0(StrictJson json, String key, double absent, double highest) {
    if (!json.has(key)) {
      return absent;
    }
    double value = json.number(key);
    if (!(value > 0 && value <= highest)) {
      json.problem(
          key,
          "must be above 0%s but is %s".formatted(highest == 1 ? " and at most 1" : "", value));
    }
    return value;
  }

  void write(ObjectNode root) {
    root.put(DO_SAMPLE, doSample);
    if (!equals(GREEDY)) {
      root.put(TEMPERATURE, temperature).put(TOP_P, topP).put(TOP_K, topK);
      root.put(REPETITION_PENALTY, repetitionPenalty);
    }
  }
}
