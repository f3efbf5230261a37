package io.lockstep.cli.command;

import io.lockstep.client.AnswerSettings;
import io.lockstep.client.GatewayClient;
import io.lockstep.model.config.SamplingDefaults;
import io.lockstep.model.context.ContextLimit;
import io.lockstep.model.generate.DecodingOptions;
import io.lockstep.model.generate.GenerationOptions;
import io.lockstep.model.generate.Profile;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** How answers are generated: greedily, unless an option says otherwise. */
public final class DecodingArguments {

  /** Whose settings hold where no option says otherwise. */
  public enum Base {
    GREEDY,
    CHECKPOINT
  }

  /** Where a checkpoint's recommendation comes from. */
  @FunctionalInterface
  public interface Recommendation {
    SamplingDefaults get() throws IOException;
  }

  @Option(
      names = "--profile",
      paramLabel = "PROFILE",
      defaultValue = "cached",
      description =
          "strict: no key-value cache, as in training; cached, the default: the same tokens, faster.")
  private Profile profile = Profile.CACHED;

  @Option(
      names = "--sampling",
      paramLabel = "BASE",
      defaultValue = "greedy",
      description =
          "Settings where no other option is given: greedy, the default, or checkpoint, which is what its"
              + " generation_config.json recommends.")
  private Base base = Base.GREEDY;

  @Option(
      names = "--temperature",
      paramLabel = "T",
      description = "0 takes the most probable token each time; up to 10 draws one.")
  private @Nullable Double temperature;

  @Option(
      names = "--top-p",
      paramLabel = "P",
      description =
          "Draw from the most probable tokens that have this probability together; 1 for all."
              + " Of no effect at temperature 0.")
  private @Nullable Double topP;

  @Option(
      names = "--top-k",
      paramLabel = "K",
      description =
          "Draw from this many most probable tokens; 0 for all. Of no effect at temperature 0.")
  private @Nullable Integer topK;

  @Option(
      names = "--repetition-penalty",
      paramLabel = "R",
      description = "Above 1: tokens of the prompt and the answer get less probable.")
  private @Nullable Double repetitionPenalty;

  @Option(
      names = "--seed",
      paramLabel = "SEED",
      defaultValue = "0",
      description = "Decides what is drawn (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Option(
      names = "--min-new-tokens",
      converter = Numbers.Amount.class,
      paramLabel = "N",
      defaultValue = "0",
      description = "Least tokens of an answer (default: ${DEFAULT-VALUE}).")
  private int minNewTokens;

  @Option(
      names = "--max-new-tokens",
      converter = Numbers.Count.class,
      paramLabel = "N",
      description =
          "Most tokens of an answer (default: 2048, or what the length that the model was trained with"
              + " leaves; that of a gateway is its --default-new-tokens).")
  private @Nullable Integer maxNewTokens;

  @Spec(Spec.Target.MIXEE)
  private @Nullable CommandSpec command;

  /** The settings as a gateway is asked with them; it is asked what its checkpoint recommends. */
  public AnswerSettings settings(GatewayClient client) throws IOException {
    GenerationOptions options = options(() -> recommended(client.model().recommended()));
    DecodingOptions asked = options.decoding();
    return new AnswerSettings(
        maxNewTokens == null ? 0 : asked.maxNewTokens(),
        asked.minNewTokens(),
        new AnswerSettings.Sampling(
            asked.temperature(),
            asked.topP(),
            asked.topK(),
            asked.repetitionPenalty(),
            asked.seed()),
        options.profile() == Profile.STRICT);
  }

  private static SamplingDefaults recommended(AnswerSettings.Sampling sampling) {
    boolean doSample = sampling.temperature() > 0;
    return new SamplingDefaults(
        doSample,
        doSample ? sampling.temperature() : SamplingDefaults.GREEDY.temperature(),
        sampling.topP(),
        sampling.topK(),
        sampling.repetitionPenalty());
  }

  /**
   * The settings.
   *
   * @param checkpoint asked only if the checkpoint's recommendation is wanted
   * @throws CommandLine.ParameterException naming every value that is outside of its range
   */
  public GenerationOptions options(Recommendation checkpoint) throws IOException {
    SamplingDefaults defaults =
        switch (base) {
          case GREEDY -> new SamplingDefaults(false, 1, 1, 0, 1);
          case CHECKPOINT -> checkpoint.get();
        };
    double drawn = defaults.doSample() ? defaults.temperature() : 0;
    try {
      return new GenerationOptions(
          new DecodingOptions(
              temperature != null ? temperature : drawn,
              topP != null ? topP : defaults.topP(),
              topK != null ? topK : defaults.topK(),
              repetitionPenalty != null ? repetitionPenalty : defaults.repetitionPenalty(),
              minNewTokens,
              maxNewTokens != null
                  ? maxNewTokens
                  : Math.max(minNewTokens, ContextLimit.DEFAULT_NEW_TOKENS),
              seed),
          profile,
          maxNewTokens == null);
    } catch (IllegalArgumentException e) {
      if (command == null) {
        throw e;
      }
      throw new CommandLine.ParameterException(
          command.commandLine(), String.valueOf(e.getMessage()), e);
    }
  }
}
