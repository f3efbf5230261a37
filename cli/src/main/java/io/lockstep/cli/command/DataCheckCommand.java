package io.lockstep.cli.command;

import io.lockstep.cli.console.JsonLine;
import io.lockstep.data.record.DataCheck;
import io.lockstep.data.record.ProblemKinds;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code lockstep data check}. */
@Command(
    name = "check",
    description =
        "Prints every problem of a data file as 'file:line: what', then how many there are"
            + " of each kind; exit code 1 if any.")
final class DataCheckCommand implements Callable<Integer> {

  @Option(names = "--data", required = true, paramLabel = "FILE", description = "A JSONL file.")
  private Path data = Path.of("");

  @Option(
      names = "--first",
      converter = Numbers.LongCount.class,
      paramLabel = "N",
      description = "Print only the first N problems of each kind (default: all).")
  private long first = Long.MAX_VALUE;

  @Option(names = "--json", description = "Print one JSON object at the end.")
  private boolean json;

  @Override
  public Integer call() {
    DataCheck.Result result =
        DataCheck.checkCounted(
            data,
            (problem, ofItsKind) -> {
              if (ofItsKind <= first) {
                System.out.println(problem);
              }
            });
    if (result.problems() > 0) {
      System.out.println("by kind:");
      result
          .kinds()
          .forEach(kind ->
              System.out.printf(
                  "%8d  %s (first in line %d)%n", kind.count(), kind.kind(), kind.first().line()));
      System.err.printf(
          "error: %s: %d problems in %d records%n", data, result.problems(), result.records());
    } else {
      System.out.printf("%s: OK, %d records%n", data, result.records());
    }
    if (json) {
      System.out.println(json(result));
    }
    return result.problems() > 0 ? 1 : 0;
  }

  private static JsonLine json(DataCheck.Result result) {
    List<Map<String, Object>> kinds =
        result.kinds().stream().map(DataCheckCommand::described).toList();
    return new JsonLine()
        .put("records", result.records())
        .put("problems", result.problems())
        .put("kinds", kinds);
  }

  private static Map<String, Object> described(ProblemKinds.Kind kind) {
    return Map.of("kind", kind.kind(), "count", kind.count(), "first", kind.first().toString());
  }
}
