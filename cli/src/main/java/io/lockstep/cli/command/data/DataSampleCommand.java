package io.lockstep.cli.command.data;

import io.lockstep.cli.command.Numbers;
import io.lockstep.datatools.demo.DemoData;
import io.lockstep.datatools.demo.DemoOptions;
import io.lockstep.datatools.demo.DemoStyle;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code lockstep data sample}. */
@Command(
    name = "sample",
    description = "Draws a demo data set: train and held-out records, pictures, groups.")
final class DataSampleCommand implements Callable<Integer> {

  @Mixin private DataCommand.NewFolder out = new DataCommand.NewFolder();

  @Option(
      names = "--count",
      converter = Numbers.Count.class,
      required = true,
      paramLabel = "N",
      description = "Number of training pictures.")
  private int count;

  @Option(
      names = "--seed",
      required = true,
      paramLabel = "S",
      description = "The same seed gives the same bytes.")
  private long seed;

  @Option(
      names = "--style",
      paramLabel = "STYLE",
      defaultValue = "inspection",
      description =
          "inspection: a telecom cabinet; plain: shapes and digits, each with its place;"
              + " counted: shapes and digits, summed up.")
  private DemoStyle style = DemoStyle.INSPECTION;

  @Option(
      names = "--texts",
      converter = Numbers.Amount.class,
      paramLabel = "N",
      description = "Number of text-only records.")
  private @Nullable Integer texts;

  @Option(
      names = "--heldout",
      converter = Numbers.Amount.class,
      paramLabel = "N",
      description = "Number of held-out groups (inspection) or pictures (plain).")
  private @Nullable Integer heldout;

  @Override
  public Integer call() throws Exception {
    DemoOptions options = DemoOptions.of(count, seed, style);
    if (texts != null) {
      options = options.withTexts(texts);
    }
    if (heldout != null) {
      options = options.withHeldout(heldout);
    }
    DemoData.Counts counts = DemoData.generate(out.path(), options);
    System.out.printf(
        "%s: %d training pictures, %d texts, %d held-out pictures in %d groups%n",
        out.path(),
        counts.pictures(),
        counts.texts(),
        counts.heldoutPictures(),
        counts.heldoutGroups());
    return 0;
  }
}
