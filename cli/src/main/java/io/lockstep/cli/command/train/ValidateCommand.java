package io.lockstep.cli.command.train;

import io.lockstep.cli.train.RunTables;
import io.lockstep.config.ConfigException;
import io.lockstep.worker.config.RunConfig;
import io.lockstep.worker.tuning.TuningPlan;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code lockstep validate}. */
@Command(
    name = "validate",
    description = "Checks a recipe, its data and its model before anything runs.")
public final class ValidateCommand implements Callable<Integer> {

  @Option(names = "--config", required = true, paramLabel = "FILE", description = "The recipe.")
  private Path config = Path.of("");

  @Override
  public Integer call() throws Exception {
    List<String> problems = new ArrayList<>();
    String table = "";
    try {
      RunConfig run = RunConfig.read(config);
      problems.addAll(RunCheck.problems(run, System.out::println));
      if (problems.isEmpty()) {
        table = RunTables.trainable(TuningPlan.of(run).table());
      }
    } catch (ConfigException e) {
      problems.addAll(e.lines());
    }
    problems.forEach(problem -> System.err.println("error: " + problem));
    if (!problems.isEmpty()) {
      return 1;
    }
    System.out.print(table);
    System.out.println(config + ": OK");
    return 0;
  }
}
