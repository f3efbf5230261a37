package io.lockstep.cli.command.data;

import io.lockstep.cli.command.JsonOption;
import io.lockstep.cli.command.Numbers;
import io.lockstep.cli.console.JsonLine;
import io.lockstep.cli.console.Progress;
import io.lockstep.data.jsonl.Problem;
import io.lockstep.data.record.DataCheck;
import io.lockstep.data.record.Decoding;
import io.lockstep.data.record.ProblemKinds;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code lockstep data check}. */
@Command(
    name = "check",
    description =
        "Prints every problem of a data file as 'file:line: what', then how many there are"
            + " of each kind; exit code 1 if any. Warnings are printed, too, and change no exit"
            + " code.")
final class DataCheckCommand implements Callable<Integer> {

  @Option(names = "--data", required = true, paramLabel = "FILE", description = "A JSONL file.")
  private Path data = Path.of("");

  @Option(
      names = "--decode",
      description =
          "Decode every picture: some damage doesn't show in a picture's headers. On all cores.")
  private boolean decode;

  @Option(
      names = "--first",
      converter = Numbers.LongCount.class,
      paramLabel = "N",
      description = "Print only the first N problems of each kind (default: all).")
  private long first = Long.MAX_VALUE;

  @Mixin private JsonOption json = new JsonOption();

  @Override
  public Integer call() {
    DataCheck.Result result;
    try (Printed printed = new Printed()) {
      result = DataCheck.check(data, printed, decode ? Decoding.ALL : Decoding.NONE);
    }
    String warnings = result.warnings() == 0 ? "" : ", %d warnings".formatted(result.warnings());
    String decoded = decode ? ", %d pictures decoded".formatted(result.decoded()) : "";
    if (result.problems() > 0) {
      System.out.println("by kind:");
      result
          .kinds()
          .forEach(kind ->
              System.out.printf(
                  "%8d  %s (first in line %d)%n", kind.count(), kind.kind(), kind.first().line()));
      System.err.printf(
          "error: %s: %d problems in %d records%s%s%n",
          data, result.problems(), result.records(), warnings, decoded);
    } else {
      System.out.printf("%s: OK, %d records%s%s%n", data, result.records(), warnings, decoded);
    }
    json.print(json(result));
    return result.problems() > 0 ? 1 : 0;
  }

  /** What is found, above a bar while pictures are decoded. */
  private final class Printed implements DataCheck.Sink, AutoCloseable {

    private @Nullable Progress progress;

    @Override
    public void problem(Problem problem, long ofItsKind) {
      print(problem.toString(), ofItsKind);
    }

    @Override
    public void warning(Problem warning, long ofItsKind) {
      print(warning.asWarning(), ofItsKind);
    }

    private void print(String line, long ofItsKind) {
      Progress shown = progress;
      if (ofItsKind > first) {
        return;
      }
      if (shown == null) {
        System.out.println(line);
      } else {
        shown.print(line);
      }
    }

    @Override
    public void progress(long done, long records) {
      if (decode) {
        Progress shown = progress != null ? progress : new Progress("check", records, "records", 1);
        progress = shown;
        shown.update(done, "");
      }
    }

    @Override
    public void close() {
      if (progress != null) {
        progress.close();
      }
    }
  }

  private static JsonLine json(DataCheck.Result result) {
    List<Map<String, Object>> kinds =
        result.kinds().stream().map(DataCheckCommand::described).toList();
    return new JsonLine()
        .put("records", result.records())
        .put("problems", result.problems())
        .put("warnings", result.warnings())
        .put("decoded", result.decoded())
        .put("kinds", kinds);
  }

  private static Map<String, Object> described(ProblemKinds.Kind kind) {
    return Map.of("kind", kind.kind(), "count", kind.count(), "first", kind.first().toString());
  }
}
