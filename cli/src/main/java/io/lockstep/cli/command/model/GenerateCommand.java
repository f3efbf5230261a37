package io.lockstep.cli.command.model;

import io.lockstep.cli.command.AnswerProfileOption;
import io.lockstep.cli.command.DecodingArguments;
import io.lockstep.cli.command.JsonOption;
import io.lockstep.cli.command.ModelOptions;
import io.lockstep.cli.console.JsonLine;
import io.lockstep.cli.console.UsageError;
import io.lockstep.cli.eval.BoxEvaluation;
import io.lockstep.data.answer.Finish;
import io.lockstep.data.conversation.Content;
import io.lockstep.data.conversation.Conversation;
import io.lockstep.data.conversation.ImageSource;
import io.lockstep.data.conversation.Message;
import io.lockstep.data.conversation.Role;
import io.lockstep.data.image.RgbImage;
import io.lockstep.model.batch.Sample;
import io.lockstep.model.checkpoint.AdapterBase;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.config.GenerationConfig;
import io.lockstep.model.detect.Detector;
import io.lockstep.model.detect.FoundObject;
import io.lockstep.model.generate.DecodingOptions;
import io.lockstep.model.generate.Generation;
import io.lockstep.model.generate.GenerationOptions;
import io.lockstep.model.profile.StepProfile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code lockstep generate}. */
@Command(
    name = "generate",
    description = {
      "Asks a model; the answer is printed as it grows.",
      "With --boxes it finds objects instead, if the model has a detection head."
    })
public final class GenerateCommand implements Callable<Integer> {

  @Mixin private ModelOptions model = new ModelOptions();

  @Option(
      names = "--image",
      paramLabel = "FILE",
      description = "A picture to ask about; may be given several times.")
  private List<Path> images = new ArrayList<>();

  @Option(names = "--prompt", paramLabel = "TEXT", description = "What to ask.")
  private @Nullable String prompt;

  @Option(
      names = "--boxes",
      description =
          "Print what the model's detection head finds in each picture, one JSON object a line, instead of an answer.")
  private boolean boxes;

  @Option(
      names = "--min-score",
      paramLabel = "SCORE",
      defaultValue = "0.3",
      description =
          "With --boxes: boxes of a lower score are left out (default: ${DEFAULT-VALUE}).")
  private double minScore;

  @Option(names = "--system", paramLabel = "TEXT", description = "The system message.")
  private @Nullable String system;

  @Mixin private DecodingArguments decoding = new DecodingArguments();

  @Mixin private AnswerProfileOption profile = new AnswerProfileOption();

  @Mixin private JsonOption json = new JsonOption();

  @Override
  public Integer call() throws Exception {
    if (boxes) {
      return boxes();
    }
    if (prompt == null) {
      throw new UsageError("--prompt is missing: say what to ask, or give --boxes");
    }
    GenerationOptions options =
        decoding.options(() -> GenerationConfig.of(AdapterBase.modelOf(model.folder())).sampling());
    try (LoadedModel loaded = model.open();
        StepProfile profiled = StepProfile.of(profile.wanted())) {
      profiled.step(0);
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
      if (!answer.endedByEos()) {
        System.err.printf(
            "the answer was cut after %d tokens: raise --max-new-tokens to have it whole%n",
            answer.newTokens());
      }
      json.print(line(answer, options));
    }
    return 0;
  }

  private int boxes() throws IOException {
    if (images.isEmpty() || prompt != null || system != null) {
      throw new UsageError(
          "--boxes needs --image, and no --prompt or --system: the head sees the picture alone, after the words it was trained with");
    }
    try (LoadedModel loaded = model.open()) {
      Detector detector = BoxEvaluation.detector(loaded);
      for (Path image : images) {
        System.out.println(boxes(loaded, detector, image));
      }
    }
    return 0;
  }

  private JsonLine boxes(LoadedModel loaded, Detector detector, Path image) throws IOException {
    ImageSource source = new ImageSource.File(image);
    RgbImage picture = loaded.encoder().decode(source);
    Sample shown =
        loaded
            .encoder()
            .prompt(
                image.toString(),
                detector.show(source),
                loaded.encoder().process(image.toString(), List.of(picture)));
    List<Map<String, Object>> found = new ArrayList<>();
    for (FoundObject object : detector.find(List.of(shown)).getFirst()) {
      if (object.score() >= minScore) {
        Map<String, Object> box = new LinkedHashMap<>();
        box.put(
            "bbox_2d",
            Arrays.stream(object.pixels(picture.width(), picture.height())).boxed().toList());
        box.put("score", object.score());
        box.put("caption", object.caption());
        found.add(box);
      }
    }
    return new JsonLine()
        .put("image", image.toString())
        .put("width", picture.width())
        .put("height", picture.height())
        .put("boxes", found);
  }

  private static JsonLine line(Generation answer, GenerationOptions options) {
    DecodingOptions used = options.decoding();
    return new JsonLine()
        .put("text", answer.text())
        .put("tokens", answer.tokens())
        .put("prompt_tokens", answer.promptTokens())
        .put("new_tokens", answer.newTokens())
        .put("ended_by", Finish.of(answer.endedByEos()).label())
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
    contents.add(new Content.Text(Objects.requireNonNull(prompt)));
    messages.add(new Message(Role.USER, contents));
    return new Conversation(messages);
  }
}
