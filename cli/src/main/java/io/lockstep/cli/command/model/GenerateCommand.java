package io.lockstep.cli.command.model;

import io.lockstep.cli.command.DecodingArguments;
import io.lockstep.cli.command.JsonOption;
import io.lockstep.cli.command.ModelOptions;
import io.lockstep.cli.console.JsonLine;
import io.lockstep.data.conversation.Content;
import io.lockstep.data.conversation.Conversation;
import io.lockstep.data.conversation.ImageSource;
import io.lockstep.data.conversation.Message;
import io.lockstep.data.conversation.Role;
import io.lockstep.model.checkpoint.AdapterBase;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.config.GenerationConfig;
import io.lockstep.model.generate.DecodingOptions;
import io.lockstep.model.generate.Generation;
import io.lockstep.model.generate.GenerationOptions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code lockstep generate}. */
@Command(name = "generate", description = "Asks a model; the answer is printed as it grows.")
public final class GenerateCommand implements Callable<Integer> {

  @Mixin private ModelOptions model = new ModelOptions();

  @Option(
      names = "--image",
      paramLabel = "FILE",
      description = "A picture to ask about; may be given several times.")
  private List<Path> images = new ArrayList<>();

  @Option(names = "--prompt", required = true, paramLabel = "TEXT", description = "What to ask.")
  private String prompt = "";

  @Option(names = "--system", paramLabel = "TEXT", description = "The system message.")
  private @Nullable String system;

  @Mixin private DecodingArguments decoding = new DecodingArguments();

  @Mixin private JsonOption json = new JsonOption();

  @Override
  public Integer call() throws Exception {
    GenerationOptions options =
        decoding.options(() -> GenerationConfig.of(AdapterBase.modelOf(model.folder())).sampling());
    try (LoadedModel loaded = model.open()) {
      Generation answer =
          loaded
              .generator()
              .generate(
                  List.of(conversation()),
                  options,
                  (row, piece) -> {
                    System.out.print(piece);
                    System.out.flush();
                  })
              .getFirst();
      System.out.println();
      json.print(line(answer, options));
    }
    return 0;
  }

  private static JsonLine line(Generation answer, GenerationOptions options) {
    DecodingOptions used = options.decoding();
    return new JsonLine()
        .put("text", answer.text())
        .put("tokens", answer.tokens())
        .put("prompt_tokens", answer.promptTokens())
        .put("new_tokens", answer.newTokens())
        .put("ended_by", answer.endedByEos() ? "eos" : "max_new_tokens")
        .put("profile", options.profile().name().toLowerCase(Locale.ROOT))
        .put("temperature", used.temperature())
        .put("top_p", used.topP())
        .put("top_k", used.topK())
        .put("repetition_penalty", used.repetitionPenalty())
        .put("seed", used.seed());
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
