package io.lockstep.cli.command.train;

import io.lockstep.cli.command.Numbers;
import io.lockstep.cli.console.UsageError;
import io.lockstep.cli.plan.MicroBatch;
import io.lockstep.cli.plan.RooflineRun;
import io.lockstep.model.budget.TokenBudget;
import io.lockstep.model.image.ImageOptions;
import io.lockstep.model.network.ModelConfig;
import io.lockstep.worker.config.BatchPlan;
import io.lockstep.worker.config.RunConfig;
import io.lockstep.worker.config.TeacherStudentConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How large a micro-batch is planned for; what is not said is the most that can come. */
final class MicroBatchOptions {

  private static final int DEFAULT_LENGTH = 2048;

  @Option(
      names = "--batch",
      converter = Numbers.Count.class,
      paramLabel = "N",
      description =
          "Samples that are computed at once (default: those of a part of a virtual rank; 1 for"
              + " a model).")
  private @Nullable Integer batch;

  @Option(
      names = "--length",
      converter = Numbers.Count.class,
      paramLabel = "N",
      description =
          "Tokens of a sample, those of its pictures included (default: the recipe's"
              + " global_max_length; 2048 for a model).")
  private @Nullable Integer length;

  @Option(
      names = "--picture-tokens",
      converter = Numbers.Amount.class,
      paramLabel = "N",
      description =
          "Of these, those of pictures (default: as many as the model allows one picture, and as"
              + " many more for each demonstration of the recipe; at most all; half of them for a"
              + " published shape).")
  private @Nullable Integer pictureTokens;

  @Option(
      names = "--supervised",
      converter = Numbers.Amount.class,
      paramLabel = "N",
      description = "Of these, those that are learned (default: all but the pictures').")
  private @Nullable Integer supervised;

  @Option(
      names = "--checkpointing",
      negatable = true,
      description = "With gradient checkpointing (default: the recipe's; without for a model).")
  private @Nullable Boolean checkpointing;

  /**
   * The micro-batch that is meant.
   *
   * @param run the recipe, if there is one
   * @param folder where the preprocessor's configuration may lie; nothing for a published shape,
   *     half of whose tokens are taken to be those of pictures
   */
  MicroBatch microBatch(ModelConfig config, Optional<RunConfig> run, Optional<Path> folder)
      throws IOException {
    int rows =
        batch != null
            ? batch
            : run.map(RunConfig::batches).map(BatchPlan::samplesPerPart).orElse(1);
    int tokens = length != null ? length : run.map(r -> r.maxLength()).orElse(DEFAULT_LENGTH);
    TokenBudget budget = run.flatMap(r -> r.vision().budget()).orElse(TokenBudget.ALL);
    int picturesEach = 1 + demonstrations(run);
    int ofPictures =
        pictureTokens != null
            ? pictureTokens
            : folder.isEmpty()
                ? tokens / 2
                : Math.clamp(
                    (long) picturesEach * mostOfOnePicture(folder.get(), run, budget), 0, tokens);
    int learned = supervised != null ? supervised : tokens - ofPictures;
    if ((long) ofPictures + learned > tokens || learned < 0) {
      throw new UsageError(
          "--picture-tokens and --supervised must be together at most --length: they are %d, %d and %d"
              .formatted(ofPictures, learned, tokens));
    }
    long side = config.vision().spatialMergeSize();
    long patches = (long) Math.ceil(rows * ofPictures / budget.share()) * side * side;
    return new MicroBatch(
        rows, tokens, ofPictures, learned, picturesEach, patches, checkpointing(run));
  }

  /**
   * What a roofline is of: half of each row is learned, and the picture has a size of its own.
   *
   * @throws UsageError if other parts are given
   */
  RooflineRun.Size roofline(int usualRows, int usualLength, int side) {
    if (pictureTokens != null || supervised != null) {
      throw new UsageError(
          "--roofline takes no --picture-tokens or --supervised: give --image; half of each row is learned");
    }
    return new RooflineRun.Size(
        batch != null ? batch : usualRows, length != null ? length : usualLength, side);
  }

  /** Whether gradient checkpointing is asked for. */
  boolean checkpointing(Optional<RunConfig> run) {
    return checkpointing != null
        ? checkpointing
        : run.map(r -> r.training().checkpoints()).orElse(false);
  }

  /** Demonstrations of a sample that has some: of those that are computed at once all may. */
  private static int demonstrations(Optional<RunConfig> run) {
    return run.flatMap(RunConfig::teacherStudent)
        .filter(section -> section.teacherRatio() > 0)
        .map(TeacherStudentConfig::numTeacherSamples)
        .orElse(0);
  }

  /** Tokens that the largest picture keeps; unlimited if that is not known. */
  private static int mostOfOnePicture(Path folder, Optional<RunConfig> run, TokenBudget budget)
      throws IOException {
    if (!ImageOptions.isIn(folder)) {
      return Integer.MAX_VALUE;
    }
    ImageOptions options = ImageOptions.of(folder);
    int pixels = run.flatMap(r -> r.template().maxPixels()).orElse(options.maxPixels());
    return budget.count(pixels / (options.factor() * options.factor()));
  }
}
