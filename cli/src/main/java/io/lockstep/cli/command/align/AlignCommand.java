package io.lockstep.cli.command.align;

import io.lockstep.cli.command.CommandGroup;
import io.lockstep.cli.command.JsonOption;
import io.lockstep.cli.console.JsonLine;
import io.lockstep.model.align.AlignmentReport;
import io.lockstep.model.align.Comparison;
import java.util.Locale;
import picocli.CommandLine.Command;

/** {@code lockstep align}. */
@Command(
    name = "align",
    description = "Whether a model computes what another implementation, or training, computed.",
    subcommands = {AlignCheckCommand.class, AlignDumpCommand.class, AlignVerifyCommand.class})
public final class AlignCommand extends CommandGroup {

  /**
   * Prints a report: the table, what differs first, the verdict, and the JSON line if wanted.
   * Returns the exit code.
   */
  static int print(AlignmentReport report, JsonOption json) {
    System.out.print(report.table());
    report.notCompared().forEach(line -> System.out.println("  not compared: " + line));
    System.out.printf(
        Locale.ROOT,
        "%d compared, largest difference of what agrees %.2e%n",
        report.comparisons().size(),
        report.largestDifference());
    if (!report.agrees()) {
      System.out.println("first difference: " + report.summary());
    }
    System.out.println("align: " + (report.agrees() ? "OK" : "DIFFERS"));
    json.print(line(report));
    return report.agrees() ? 0 : 1;
  }

  private static JsonLine line(AlignmentReport report) {
    return new JsonLine()
        .put("verdict", report.verdict().name().toLowerCase(Locale.ROOT))
        .put("compared", report.comparisons().size())
        .put("not_compared", report.notCompared())
        .put("largest_difference", report.largestDifference())
        .put("first_difference", report.firstDifference().map(Comparison::what).orElse(""))
        .put(
            "first_differing_layer", report.firstDifferingLayer().map(Comparison::what).orElse(""));
  }
}
