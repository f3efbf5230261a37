package io.lockstep.gateway.rpc;

import io.lockstep.gateway.serving.RequestLimits;
import io.lockstep.model.config.SamplingDefaults;
import io.lockstep.model.generate.DecodingOptions;
import io.lockstep.model.generate.GenerationOptions;
import io.lockstep.model.generate.Profile;
import io.lockstep.proto.inference.v1.Decoding;
import io.lockstep.proto.inference.v1.Finish;
import io.lockstep.proto.inference.v1.Sampling;
import java.util.ArrayList;
import java.util.List;

/** Settings of generation as requests have them, and a checkpoint's as responses do. */
final class DecodingMessages {

  private static final double OFF = 1;

  private DecodingMessages() {}

  /**
   * Reads what a client asks for; what it leaves out has its default.
   *
   * @param field where they stand in the request
   * @throws io.grpc.StatusRuntimeException naming every value that is outside of its range
   */
  static GenerationOptions read(String field, Decoding decoding, RequestLimits limits) {
    List<String> problems = new ArrayList<>();
    int asked = decoding.getMaxNewTokens();
    if (asked < 0 || asked > limits.newTokens()) {
      problems.add(
          "max_new_tokens is %d; it must be 0 (default, %d) to %d"
              .formatted(asked, limits.defaultNewTokens(), limits.newTokens()));
      asked = limits.newTokens();
    }
    Profile profile =
        switch (decoding.getProfile()) {
          case PROFILE_UNSPECIFIED, PROFILE_CACHED -> Profile.CACHED;
          case PROFILE_STRICT -> Profile.STRICT;
          case UNRECOGNIZED -> {
            problems.add(
                "profile is %d; it must be 0 (default, cached), 1 (cached) or 2 (strict)"
                    .formatted(decoding.getProfileValue()));
            yield Profile.CACHED;
          }
        };
    DecodingOptions options = DecodingOptions.greedy(1);
    try {
      options = options(decoding, asked == 0 ? limits.defaultNewTokens() : asked);
    } catch (IllegalArgumentException e) {
      problems.add(e.getMessage());
    }
    if (!problems.isEmpty()) {
      throw Statuses.invalid(field + ": " + String.join("; ", problems));
    }
    return new GenerationOptions(options, profile, asked == 0);
  }

  /** What ended an answer, as a message says it. */
  static Finish write(io.lockstep.data.answer.Finish finish) {
    return switch (finish) {
      case STOP -> Finish.FINISH_STOP;
      case LENGTH -> Finish.FINISH_LENGTH;
    };
  }

  private static DecodingOptions options(Decoding decoding, int maxNewTokens) {
    Sampling sampling = decoding.getSampling();
    return new DecodingOptions(
        sampling.getTemperature(),
        sampling.hasTopP() ? sampling.getTopP() : OFF,
        sampling.getTopK(),
        sampling.hasRepetitionPenalty() ? sampling.getRepetitionPenalty() : OFF,
        decoding.getMinNewTokens(),
        maxNewTokens,
        sampling.getSeed());
  }

  /** A checkpoint's recommendation; greedy ones have temperature 0. */
  static Sampling write(SamplingDefaults recommended) {
    return Sampling.newBuilder()
        .setTemperature(recommended.doSample() ? recommended.temperature() : 0)
        .setTopP(recommended.topP())
        .setTopK(recommended.topK())
        .setRepetitionPenalty(recommended.repetitionPenalty())
        .build();
  }
}
