package io.lockstep.cli.command.data;

import io.lockstep.cli.command.Numbers;
import io.lockstep.datatools.demo.DemoTexts;
import io.lockstep.model.tokenizer.BpeVocabulary;
import io.lockstep.model.tokenizer.ByteLevelBpeTrainer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code lockstep data tokenizer}. */
@Command(
    name = "tokenizer",
    hidden = true,
    description = "Trains a byte-level BPE tokenizer on texts like those of the demo data.")
final class DataTokenizerCommand implements Callable<Integer> {

  @Option(
      names = "--out",
      required = true,
      paramLabel = "DIR",
      description = "Folder for tokenizer.json and tokenizer_config.json.")
  private Path out = Path.of("");

  @Option(
      names = "--vocabulary",
      converter = Numbers.Count.class,
      paramLabel = "N",
      defaultValue = "1024",
      description = "Number of tokens (default: ${DEFAULT-VALUE}).")
  private int vocabulary;

  @Option(
      names = "--texts",
      converter = Numbers.Count.class,
      paramLabel = "N",
      defaultValue = "20000",
      description = "Number of texts to train on (default: ${DEFAULT-VALUE}).")
  private int texts;

  @Option(names = "--seed", required = true, paramLabel = "S", description = "Seed of the texts.")
  private long seed;

  @Option(
      names = "--max-length",
      converter = Numbers.Count.class,
      paramLabel = "N",
      defaultValue = "4096",
      description = "Longest sequence, as written into the configuration.")
  private int maxLength;

  @Override
  public Integer call() throws Exception {
    BpeVocabulary trained =
        ByteLevelBpeTrainer.qwenVl(vocabulary).train(DemoTexts.corpus(seed, texts));
    trained.write(Files.createDirectories(out), maxLength);
    System.out.printf("%s: %d tokens%n", out, trained.size());
    return 0;
  }
}
