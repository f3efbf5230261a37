package io.lockstep.cli.command.data;

import io.lockstep.cli.command.JsonOption;
import io.lockstep.cli.command.Numbers;
import io.lockstep.cli.console.JsonLine;
import io.lockstep.cli.console.Table;
import io.lockstep.datatools.split.DataSplit;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code lockstep data split}. */
@Command(
    name = "split",
    description = {
      "Splits a data file into train.jsonl, val.jsonl and tiny.jsonl beside it, by its seed; says in"
          + " split.json what is in each.",
      "Pictures of one group (metadata.group), and records of one picture, stay together."
    })
final class DataSplitCommand implements Callable<Integer> {

  @Option(names = "--data", required = true, paramLabel = "FILE", description = "A JSONL file.")
  private Path data = Path.of("");

  @Option(
      names = "--val-share",
      paramLabel = "SHARE",
      defaultValue = "0.1",
      description = "Share of records to evaluate with (default: ${DEFAULT-VALUE}).")
  private double share;

  @Option(
      names = "--tiny",
      converter = Numbers.Count.class,
      paramLabel = "N",
      defaultValue = "32",
      description = "Records of tiny.jsonl, to try recipes out (default: ${DEFAULT-VALUE}).")
  private int tiny;

  @Option(
      names = "--seed",
      required = true,
      paramLabel = "S",
      description = "Decides which group is on which side.")
  private long seed;

  @Option(
      names = "--prefix",
      paramLabel = "NAME",
      defaultValue = "",
      description = "Begins the names of the files, for instance bbu-.")
  private String prefix = "";

  @Mixin private JsonOption json = new JsonOption();

  @Override
  public Integer call() throws Exception {
    DataSplit.Result result =
        DataSplit.split(data, new DataSplit.Options(share, tiny, seed, prefix));
    Table table = new Table().row("", "records", "groups", "objects", "kinds");
    JsonLine line = new JsonLine();
    result
        .parts()
        .forEach((part, content) -> {
          table.row(
              content.file().toString(),
              Long.toString(content.records()),
              Long.toString(content.groups()),
              Long.toString(content.objects()),
              Integer.toString(content.kinds().size()));
          line.put(part.name().toLowerCase(Locale.ROOT), content.records());
        });
    System.out.print(table.render());
    if (!result.onlyVal().isEmpty()) {
      System.out.println(
          "warning: nobody learns "
              + String.join(", ", result.onlyVal())
              + ", which val.jsonl has");
    }
    if (!result.onlyTrain().isEmpty()) {
      System.out.println(
          "warning: val.jsonl has no " + String.join(", ", result.onlyTrain()) + " to evaluate");
    }
    System.out.println("report: " + result.report());
    json.print(
        line.put("only_train", result.onlyTrain())
            .put("only_val", result.onlyVal())
            .put("report", result.report().toString()));
    return 0;
  }
}
