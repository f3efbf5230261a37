package io.lockstep.cli.command.stage;

import io.lockstep.cli.command.JsonOption;
import io.lockstep.cli.console.JsonLine;
import io.lockstep.cli.console.Progress;
import io.lockstep.cli.stage.CaptionRun;
import io.lockstep.cli.stage.PictureInputs;
import io.lockstep.client.AnswerSettings;
import io.lockstep.client.GatewayClient;
import io.lockstep.client.PictureFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code lockstep caption}. */
@Command(
    name = "caption",
    description = {
      "Dense captioning: asks a gateway for the objects of pictures, in the words in which its checkpoint"
          + " learned dense answers, and writes them with their places in pixels.",
      "An answer that is not of the trained form is written as unparseable, with its text. Pictures"
          + " without an answer are told, and the command fails at the end."
    })
public final class CaptionCommand implements Callable<Integer> {

  @Mixin private AskedGateway gateway = new AskedGateway();

  @Mixin private UntrainedOption untrained = new UntrainedOption();

  @Option(
      names = "--input",
      required = true,
      paramLabel = "PATH",
      description = "A picture, or a folder of pictures; may be given several times.")
  private List<Path> inputs = new ArrayList<>();

  @Option(
      names = "--out",
      required = true,
      paramLabel = "FILE",
      description = "JSONL file for a line per picture.")
  private Path out = Path.of("");

  @Option(
      names = "--draw",
      paramLabel = "DIR",
      description = "Folder for pictures with their objects drawn over them, as PNG.")
  private @Nullable Path drawings;

  @Mixin private JsonOption json = new JsonOption();

  @Override
  public Integer call() throws IOException {
    List<PictureFile> pictures = PictureInputs.of(inputs);
    AtomicInteger answered = new AtomicInteger();
    CaptionRun.Result result;
    try (GatewayClient client = gateway.connect()) {
      AnswerSettings settings = untrained.applied(gateway.settings(client));
      try (Progress progress = new Progress("captions", pictures.size(), "pictures", 1)) {
        result =
            CaptionRun.run(
                pictures,
                out,
                Optional.ofNullable(drawings),
                (asked, listener) -> client.caption(asked, settings, listener),
                captioned -> progress.update(answered.incrementAndGet(), ""));
      }
    }
    result.unanswered().forEach(problem -> System.out.println("no answer: " + problem));
    System.out.println(out);
    System.out.println(result.text());
    json.print(
        new JsonLine()
            .put("pictures", result.pictures())
            .put("parsed", result.parsed())
            .put("objects", result.objects())
            .put("unparseable", result.unparseable())
            .put("cut", result.cut())
            .put("no_answer", result.unanswered().size()));
    result.requireAnswers();
    return 0;
  }
}
