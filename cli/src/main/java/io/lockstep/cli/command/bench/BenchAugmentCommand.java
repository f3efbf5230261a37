package io.lockstep.cli.command.bench;

import io.lockstep.benchmark.AugmentBench;
import io.lockstep.cli.command.JsonOption;
import io.lockstep.cli.command.Numbers;
import io.lockstep.cli.console.JsonLine;
import io.lockstep.cli.console.Table;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code lockstep bench augment}. */
@Command(
    name = "augment",
    description =
        "Times augmentation on one core: turn, crop, paste, resize, colour and pad a decoded"
            + " picture of 1024 x 768 with 16 objects.")
final class BenchAugmentCommand implements Callable<Integer> {

  private static final int MOST = 100_000;

  @Option(
      names = "--pictures",
      converter = Numbers.Count.class,
      paramLabel = "N",
      defaultValue = "200",
      description = "Timed pictures, after some that are not (default: ${DEFAULT-VALUE}).")
  private int pictures;

  @Mixin private JsonOption json = new JsonOption();

  @Override
  public Integer call() {
    Numbers.require("--pictures", pictures, 1, MOST);
    AugmentBench.Result result = AugmentBench.measure(pictures);
    Table table = new Table();
    result
        .stages()
        .forEach((stage, seconds) ->
            table.row(stage, String.format(Locale.ROOT, "%.2f ms", 1e3 * seconds / pictures)));
    System.out.print(table.render());
    System.out.printf(
        Locale.ROOT,
        "%s: %.1f pictures/s on one core%n",
        String.join(" + ", result.operators()),
        result.rate());
    json.print(
        new JsonLine()
            .put("operators", result.operators())
            .put("pictures", (long) pictures)
            .put("seconds", result.seconds())
            .put("pictures_per_s", result.rate())
            .put("stage_s", result.stages()));
    return 0;
  }
}
