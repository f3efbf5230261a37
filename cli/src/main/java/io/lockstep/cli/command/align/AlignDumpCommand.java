package io.lockstep.cli.command.align;

import io.lockstep.cli.command.ModelOptions;
import io.lockstep.cli.command.Numbers;
import io.lockstep.data.conversation.Conversation;
import io.lockstep.data.dataset.ConversationBuilder;
import io.lockstep.data.dataset.Dataset;
import io.lockstep.data.dataset.Mode;
import io.lockstep.data.prompt.Task;
import io.lockstep.gateway.serving.CheckpointPrompts;
import io.lockstep.model.align.reference.ReferenceDump;
import io.lockstep.model.checkpoint.LoadedModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code lockstep align dump}. */
@Command(
    name = "dump",
    description =
        "Writes what a model computes of a few conversations as a reference folder: cases.json,"
            + " forward.safetensors and their pictures. It appears whole or not at all.")
final class AlignDumpCommand implements Callable<Integer> {

  @Mixin private ModelOptions model = new ModelOptions();

  @Option(
      names = "--conversations",
      required = true,
      paramLabel = "FILE",
      description =
          "A JSONL file as for training: records with \"messages\", or pictures with their summary,"
              + " which are asked about with the model's own prompts. All records become one batch.")
  private Path conversations = Path.of("");

  @Option(
      names = "--out",
      required = true,
      paramLabel = "DIR",
      description = "The folder to write; it must not exist.")
  private Path out = Path.of("");

  @Option(
      names = "--limit",
      converter = Numbers.Count.class,
      paramLabel = "N",
      defaultValue = "8",
      description = "Most records to take, from the first (default: ${DEFAULT-VALUE}).")
  private int limit;

  @Option(
      names = "--gradients",
      description = "Also write gradients.safetensors, the gradient of every parameter.")
  private boolean gradients;

  @Option(
      names = "--new-tokens",
      converter = Numbers.Amount.class,
      paramLabel = "N",
      defaultValue = "0",
      description =
          "Also generate this many tokens greedily after each prompt (default: ${DEFAULT-VALUE}).")
  private int newTokens;

  @Override
  public Integer call() throws Exception {
    List<Conversation> batch = read();
    try (LoadedModel loaded = model.openTrainable()) {
      ReferenceDump.write(loaded, batch, out, new ReferenceDump.Options(gradients, newTokens));
    }
    System.out.printf("%d conversations in %s%n", batch.size(), out);
    return 0;
  }

  private List<Conversation> read() throws IOException {
    ConversationBuilder builder =
        new ConversationBuilder(
            CheckpointPrompts.read(model.folder()).prompts(Task.SUMMARY), Mode.SUMMARY, 0);
    List<Conversation> read = new ArrayList<>();
    try (Dataset dataset = Dataset.open(conversations, builder)) {
      for (long i = 0; i < Math.min(limit, dataset.size()); i++) {
        read.add(dataset.conversation(0, i));
      }
    }
    return read;
  }
}
