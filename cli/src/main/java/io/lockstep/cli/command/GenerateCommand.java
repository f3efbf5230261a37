package io.lockstep.cli.command;

import io.lockstep.data.conversation.Content;
import io.lockstep.data.conversation.Conversation;
import io.lockstep.data.conversation.ImageSource;
import io.lockstep.data.conversation.Message;
import io.lockstep.data.conversation.Role;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.generate.GenerationOptions;
import io.lockstep.model.generate.Profile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code lockstep generate}. */
@Command(name = "generate", description = "Asks a model; the answer is printed as it grows.")
public final class GenerateCommand implements Callable<Integer> {

  @Option(
      names = "--model",
      required = true,
      paramLabel = "DIR",
      description = "A checkpoint's folder.")
  private Path model = Path.of("");

  @Option(
      names = "--image",
      paramLabel = "FILE",
      description = "A picture to ask about; may be given several times.")
  private List<Path> images = new ArrayList<>();

  @Option(names = "--prompt", required = true, paramLabel = "TEXT", description = "What to ask.")
  private String prompt = "";

  @Option(names = "--system", paramLabel = "TEXT", description = "The system message.")
  private @Nullable String system;

  @Option(
      names = "--profile",
      paramLabel = "PROFILE",
      defaultValue = "cached",
      description = "strict: no key-value cache; cached, the default: the same tokens, faster.")
  private Profile profile = Profile.CACHED;

  @Option(
      names = "--max-new-tokens",
      paramLabel = "N",
      defaultValue = "256",
      description = "Most tokens of the answer (default: ${DEFAULT-VALUE}).")
  private int maxNewTokens;

  @Mixin private TensorOptions tensors = new TensorOptions();

  @Override
  public Integer call() throws Exception {
    tensors.start();
    try (LoadedModel loaded = LoadedModel.open(model)) {
      loaded
          .generator()
          .generate(
              List.of(conversation()),
              GenerationOptions.greedy(maxNewTokens, profile),
              (row, piece) -> {
                System.out.print(piece);
                System.out.flush();
              });
      System.out.println();
    }
    return 0;
  }

  private Conversation conversation() {
    List<Message> messages = new ArrayList<>();
    if (system != null) {
      messages.add(Message.text(Role.SYSTEM, system));
    }
    List<Content> contents = new ArrayList<>();
    images.forEach(image -> contents.add(new Content.Image(new ImageSource.File(image))));
    contents.add(new Content.Text(prompt));
    messages.add(new Message(Role.USER, contents));
    return new Conversation(messages);
  }
}
