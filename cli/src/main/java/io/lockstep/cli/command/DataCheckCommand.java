package io.lockstep.cli.command;

import io.lockstep.data.record.DataCheck;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code lockstep data check}. */
@Command(
    name = "check",
    description = "Prints every problem of a data file as 'file:line: what'; exit code 1 if any.")
final class DataCheckCommand implements Callable<Integer> {

  @Option(names = "--data", required = true, paramLabel = "FILE", description = "A JSONL file.")
  private Path data = Path.of("");

  @Override
  public Integer call() {
    DataCheck.Result result = DataCheck.check(data, System.out::println);
    if (result.problems() > 0) {
      System.err.printf(
          "error: %s: %d problems in %d records%n", data, result.problems(), result.records());
      return 1;
    }
    System.out.printf("%s: OK, %d records%n", data, result.records());
    return 0;
  }
}
