package io.lockstep.cli.run;

import io.lockstep.config.ConfigException;
import io.lockstep.coordinator.EvaluationMetric;
import io.lockstep.coordinator.Retention;
import io.lockstep.coordinator.checkpoint.CheckpointFolders;
import io.lockstep.worker.config.RunConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * The best of a run's certified checkpoints: by the evaluation after its last step, or, in a run
 * that is not evaluated but keeps the best, by the mean training loss since the checkpoint before.
 * Of other runs nobody says which is the best.
 *
 * @param dir its folder
 * @param steps steps it holds
 * @param metric what it is the best by, as it is called in logs
 * @param figure of that metric
 */
public record BestCheckpoint(Path dir, long steps, String metric, double figure) {

  private static final String CONFIG = "run.yaml";
  private static final String TRAINING_LOSS = "mean training loss";

  /**
   * The best of a run; empty if none has a figure, nothing was compared, or the folder holds no
   * run.
   */
  public static Optional<BestCheckpoint> of(RunFolder folder) throws IOException {
    Optional<RunConfig> config = config(folder);
    if (config.isEmpty()) {
      return Optional.empty();
    }
    boolean evaluated = config.get().isEvaluated();
    if (!evaluated && config.get().training().saving().keepBest() == 0) {
      return Optional.empty();
    }
    EvaluationMetric metric = metric(config.get());
    Optional<Map<Long, Double>> costs =
        evaluated ? Optional.of(costs(folder, metric)) : Optional.empty();
    List<Retention.Candidate> ranked =
        Retention.bestFirst(
            new CheckpointFolders(folder.root(), 0, CheckpointFolders.UsableSpace.OF_DISK)
                .candidates(costs));
    return ranked.stream()
        .findFirst()
        .map(best -> {
          double cost = best.cost().orElseThrow();
          return new BestCheckpoint(
              folder.checkpoint(best.steps()),
              best.steps(),
              evaluated ? metric.key() : TRAINING_LOSS,
              evaluated && metric.greaterIsBetter() ? -cost : cost);
        });
  }

  /** By what a run's evaluations are compared. */
  public static EvaluationMetric metric(RunConfig config) {
    return config.training().evaluation().metric().isAccuracy()
        ? EvaluationMetric.TOKEN_ACCURACY
        : EvaluationMetric.LOSS;
  }

  private static Optional<RunConfig> config(RunFolder folder) throws IOException {
    Path file = folder.root().resolve(CONFIG);
    if (!Files.isRegularFile(file)) {
      return Optional.empty();
    }
    try {
      return Optional.of(RunConfig.readStored(file));
    } catch (ConfigException other) {
      // A page may be made of any folder; the recipe of another version says nothing here.
      return Optional.empty();
    }
  }

  private static Map<Long, Double> costs(RunFolder folder, EvaluationMetric metric)
      throws IOException {
    Map<Long, Double> costs = new LinkedHashMap<>();
    for (Evaluations.Row row : Evaluations.read(folder).rows()) {
      costs.put(row.step(), metric.greaterIsBetter() ? -row.tokenAccuracy() : row.loss());
    }
    return costs;
  }

  /** The figure with its name. */
  public String words() {
    return "%s %s".formatted(metric, String.format(Locale.ROOT, "%.4f", figure));
  }
}
