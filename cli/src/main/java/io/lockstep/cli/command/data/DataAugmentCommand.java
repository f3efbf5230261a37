package io.lockstep.cli.command.data;

import io.lockstep.cli.command.BaseConfigOption;
import io.lockstep.cli.command.Numbers;
import io.lockstep.data.dataset.RecordAugmenter;
import io.lockstep.data.jsonl.JsonlFile;
import io.lockstep.datatools.export.AugmentedSet;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code lockstep data augment}. */
@Command(
    name = "augment",
    description = {
      "Writes augmented pictures and their records; the same seed gives the same bytes.",
      "A curriculum counts as finished. Records that are conversations are left out."
    })
final class DataAugmentCommand implements Callable<Integer> {

  @Option(names = "--data", required = true, paramLabel = "FILE", description = "A JSONL file.")
  private Path data = Path.of("");

  @Option(
      names = "--config",
      required = true,
      paramLabel = "FILE",
      description = "A file with 'augmentation:', or a recipe that has it.")
  private Path config = Path.of("");

  @Mixin private BaseConfigOption base = new BaseConfigOption();

  @Option(names = "--seed", required = true, paramLabel = "S", description = "Seed of all draws.")
  private long seed;

  @Option(
      names = "--epoch",
      converter = Numbers.LongAmount.class,
      paramLabel = "E",
      defaultValue = "0",
      description = "Pass over the data: each has pictures of its own (default: ${DEFAULT-VALUE}).")
  private long epoch;

  @Mixin private DataCommand.NewFolder out = new DataCommand.NewFolder();

  @Option(
      names = "--threads",
      converter = Numbers.Count.class,
      paramLabel = "N",
      description = "Number of threads (default: as many as there are cores).")
  private @Nullable Integer threads;

  @Override
  public Integer call() throws Exception {
    int workers = threads == null ? Runtime.getRuntime().availableProcessors() : threads;
    RecordAugmenter augmenter = AugmenterOption.read(config, base.file(), seed);
    try (JsonlFile file = JsonlFile.open(data)) {
      AugmentedSet.Counts counts =
          new AugmentedSet(augmenter, epoch).write(file, out.path(), workers);
      System.out.printf(
          "%s: %d augmented records%s%n",
          out.path().resolve(AugmentedSet.JSONL),
          counts.pictures(),
          counts.leftOut() == 0 ? "" : ", %d conversations left out".formatted(counts.leftOut()));
    }
    return 0;
  }
}
