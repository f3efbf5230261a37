package io.lockstep.worker.train;

import io.lockstep.model.checkpoint.ModelInputs;
import io.lockstep.worker.config.RunConfig;
import io.lockstep.worker.tuning.TuningPlan;
import java.io.IOException;
import java.util.List;

/** The checks of a run's first samples, without its model's weights. */
public final class HealthChecks {

  private HealthChecks() {}

  /**
   * Everything that is wrong with a selection of a run's samples, which its seed decides: the one
   * that the run looks at before its first step.
   *
   * @throws IOException if the model's files can't be read
   */
  public static List<String> problems(RunConfig run) throws IOException {
    try (ModelInputs model = ModelInputs.open(run.model().path(), TuningPlan.of(run).tuning());
        RunData data = new RunData(run)) {
      return data.healthProblems(
          run.vision().tokenBudget().map(model.encoder()::withBudget).orElse(model.encoder()),
          new HealthCheck(HealthCheck.Format.of(model.config(), model.tokenizer())),
          false);
    }
  }
}
