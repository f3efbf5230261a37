package io.lockstep.cli.command.train;

import io.lockstep.cli.command.RecipeOptions;
import io.lockstep.cli.train.RunTables;
import io.lockstep.config.ConfigException;
import io.lockstep.worker.config.RunConfig;
import io.lockstep.worker.config.TrainingConfig;
import io.lockstep.worker.preflight.ServedDifferences;
import io.lockstep.worker.tuning.TuningPlan;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code lockstep validate}. */
@Command(
    name = "validate",
    description = "Checks a recipe, its data and its model before anything runs.")
public final class ValidateCommand implements Callable<Integer> {

  @Mixin private RecipeOptions recipe = new RecipeOptions();

  @Override
  public Integer call() throws Exception {
    List<String> problems = new ArrayList<>();
    String table = "";
    try {
      RunConfig run = recipe.read();
      if (run.training().tf32()) {
        System.out.println("warning: " + TrainingConfig.TF32_ON_CPU);
      }
      problems.addAll(RunCheck.problems(run, System.out::println));
      if (problems.isEmpty()) {
        table = RunTables.trainable(TuningPlan.of(run).table());
        System.out.println("training and serving will differ in this, and in nothing else:");
        ServedDifferences.of(run).forEach(each -> System.out.println("  " + each));
      }
    } catch (ConfigException e) {
      problems.addAll(e.lines());
    }
    problems.forEach(problem -> System.err.println("error: " + problem));
    if (!problems.isEmpty()) {
      return 1;
    }
    System.out.print(table);
    System.out.println(recipe.file().file() + ": OK");
    return 0;
  }
}
