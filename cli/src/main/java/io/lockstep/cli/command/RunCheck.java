package io.lockstep.cli.command;

import io.lockstep.data.record.DataCheck;
import io.lockstep.model.adapter.InvalidAdapterException;
import io.lockstep.model.checkpoint.AdapterBase;
import io.lockstep.model.config.InvalidConfigException;
import io.lockstep.model.config.ModelConfig;
import io.lockstep.model.safetensors.TensorSource;
import io.lockstep.worker.config.RunConfig;
import io.lockstep.worker.tuning.TuningPlan;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Everything about a recipe that can be known before the first step. */
final class RunCheck {

  private static final int SHOWN_DATA_PROBLEMS = 50;

  private RunCheck() {}

  /** All problems of the recipe's model folder and data, one line each. */
  static List<String> problems(RunConfig run) {
    List<String> problems = new ArrayList<>();
    checkModel(run.model(), problems);
    if (problems.isEmpty()) {
      checkTuning(run, problems);
    }
    List<String> dataProblems = new ArrayList<>();
    DataCheck.Result data =
        DataCheck.check(
            run.data().trainJsonl(),
            problem -> {
              if (dataProblems.size() < SHOWN_DATA_PROBLEMS) {
                dataProblems.add(problem.toString());
              }
            });
    problems.addAll(dataProblems);
    if (data.problems() > dataProblems.size()) {
      problems.add(
          "%d more problems in %s: see `lockstep data check`"
              .formatted(data.problems() - dataProblems.size(), run.data().trainJsonl()));
    }
    return problems;
  }

  private static void checkTuning(RunConfig run, List<String> problems) {
    try {
      var _ = TuningPlan.of(run);
      if (run.model().adapter().isPresent()) {
        AdapterBase.requireFit(run.model().adapter().get(), run.model().path());
      }
    } catch (InvalidAdapterException e) {
      problems.addAll(e.problems());
    } catch (IOException | InvalidConfigException e) {
      problems.add(String.valueOf(e.getMessage()));
    }
  }

  private static void checkModel(RunConfig.ModelSource model, List<String> problems) {
    Path config = model.path().resolve("config.json");
    try {
      ModelConfig.read(config);
    } catch (IOException | InvalidConfigException e) {
      problems.add(config + ": " + e.getMessage());
    }
    if (!Files.exists(model.path().resolve("tokenizer.json"))) {
      problems.add(model.path() + " holds no tokenizer.json");
    }
    if (model.weights() == RunConfig.Weights.LOAD && !TensorSource.anyIn(model.path())) {
      problems.add(
          model.path()
              + " holds no model.safetensors: add it, or set model.weights: initialise to start"
              + " from random weights");
    }
  }
}
