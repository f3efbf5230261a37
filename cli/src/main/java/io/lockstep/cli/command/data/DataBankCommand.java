package io.lockstep.cli.command.data;

import io.lockstep.cli.command.JsonOption;
import io.lockstep.cli.console.JsonLine;
import io.lockstep.cli.console.Table;
import io.lockstep.data.bank.BankReport;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code lockstep data bank}. */
@Command(
    name = "bank",
    description =
        "Counts what a patch bank holds and verifies every checksum; exit code 1 if any"
            + " patch is damaged.")
final class DataBankCommand implements Callable<Integer> {

  private static final int SHOWN_CLASSES = 20;
  private static final double PERCENT = 100;

  @Option(names = "--dir", required = true, paramLabel = "DIR", description = "The bank's folder.")
  private Path dir = Path.of("");

  @Mixin private JsonOption json = new JsonOption();

  @Override
  public Integer call() throws Exception {
    BankReport report = BankReport.of(dir);
    System.out.print(table(report).render());
    report.damaged().forEach(System.out::println);
    json.print(json(report));
    if (report.damagedCount() > 0) {
      System.err.printf(
          "error: %s: %d damaged patches; delete the folder, it is filled again%n",
          dir, report.damagedCount());
      return 1;
    }
    return 0;
  }

  private static Table table(BankReport report) {
    Table table =
        new Table()
            .row("patches", Long.toString(report.patches()))
            .row("bytes", Long.toString(report.bytes()))
            .row("may take", room(report))
            .row("segments", Integer.toString(report.segments()))
            .row("unpublished bytes", Long.toString(report.unpublished()))
            .row("oldest", report.oldest().map(Instant::toString).orElse("-"))
            .row("newest", report.newest().map(Instant::toString).orElse("-"));
    report.geometries().forEach((kind, count) -> table.row("  " + kind, count.toString()));
    report.classes().entrySet().stream()
        .sorted(Map.Entry.<String, Long>comparingByValue().reversed())
        .limit(SHOWN_CLASSES)
        .forEach(entry -> table.row("  " + entry.getKey(), entry.getValue().toString()));
    return table;
  }

  private static String room(BankReport report) {
    return report.maxBytes().isEmpty()
        ? "unknown: no run has opened it"
        : "%d bytes; %.1f %% are taken"
            .formatted(
                report.maxBytes().getAsLong(),
                PERCENT * report.bytes() / report.maxBytes().getAsLong());
  }

  private static JsonLine json(BankReport report) {
    JsonLine line = new JsonLine();
    report.maxBytes().ifPresent(most -> line.put("max_bytes", most));
    return line.put("patches", report.patches())
        .put("bytes", report.bytes())
        .put("segments", report.segments())
        .put("unpublished_bytes", report.unpublished())
        .put("oldest", report.oldest().map(Instant::toString).orElse(""))
        .put("newest", report.newest().map(Instant::toString).orElse(""))
        .put("geometries", report.geometries())
        .put("classes", report.classes())
        .put("damaged", report.damagedCount());
  }
}
