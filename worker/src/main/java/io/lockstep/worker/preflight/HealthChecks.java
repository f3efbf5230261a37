package io.lockstep.worker.preflight;

import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.checkpoint.ModelInputs;
import io.lockstep.model.encode.SampleEncoder;
import io.lockstep.worker.config.RunConfig;
import io.lockstep.worker.loader.RunData;
import io.lockstep.worker.loader.SampleException;
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
    try (ModelInputs model = ModelInputs.open(run.model().model(), TuningPlan.of(run).tuning());
        RunData data = new RunData(run)) {
      SampleEncoder seen =
          model
              .encoder()
              .withPictures(
                  model
                      .images()
                      .options()
                      .withLimits(run.template().minPixels(), run.template().maxPixels()));
      SampleEncoder encoder = run.vision().budget().map(seen::withBudget).orElse(seen);
      HealthCheck check = new HealthCheck(HealthCheck.Format.of(model.config(), model.tokenizer()));
      return new FirstSamples(data, encoder, check, false).problems();
    }
  }

  /**
   * Refuses to learn from samples that are not as the model needs them. Records that can't be read
   * are left to be replaced when they are drawn.
   *
   * @throws SampleException naming every problem
   */
  public static void require(RunData data, LoadedModel model) throws SampleException {
    HealthCheck check = new HealthCheck(HealthCheck.Format.of(model.config(), model.tokenizer()));
    List<String> problems = new FirstSamples(data, model.encoder(), check, true).problems();
    if (!problems.isEmpty()) {
      throw new SampleException(
          "%d problems in the first samples that were looked at: %s"
              .formatted(problems.size(), String.join("; ", problems)));
    }
  }
}
