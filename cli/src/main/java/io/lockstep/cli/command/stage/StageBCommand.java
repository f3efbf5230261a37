package io.lockstep.cli.command.stage;

import io.lockstep.cli.command.JsonOption;
import io.lockstep.cli.console.JsonLine;
import io.lockstep.cli.console.Share;
import io.lockstep.cli.console.UsageError;
import io.lockstep.cli.stage.StageB;
import io.lockstep.cli.stage.StageBResult;
import io.lockstep.client.AnswerSettings;
import io.lockstep.client.GatewayClient;
import io.lockstep.verdict.artifact.Artifact;
import io.lockstep.verdict.loop.StageBConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code lockstep stage-b}. */
@Command(
    name = "stage-b",
    description =
        "Asks a gateway for a verdict on every group and compares it with the label; its commands are"
            + " those of the verdict loop.",
    subcommands = {StageBRunCommand.class, StageBExplainCommand.class, StageBReportCommand.class})
public final class StageBCommand implements Callable<Integer> {

  @Mixin private AskedGateway gateway = new AskedGateway();

  @Option(
      names = "--stage-a",
      required = true,
      paramLabel = "FILE",
      description = "Stage-A's JSONL; may be given several times.")
  private List<Path> stageA = new ArrayList<>();

  @Option(
      names = "--out",
      required = true,
      paramLabel = "DIR",
      description = "Folder for verdicts and malformed answers.")
  private Path out = Path.of("");

  @Mixin private JsonOption json = new JsonOption();

  @Override
  public Integer call() throws IOException {
    StageBResult result;
    try (GatewayClient client = gateway.connect()) {
      AnswerSettings settings = gateway.settings(client);
      result = StageB.run(stageA, out, groups -> client.judge(groups, settings));
    }
    result.unanswered().forEach(problem -> System.out.println("no answer: " + problem));
    System.out.printf(
        "accuracy: %s (%d of %d groups; %d false passes, %d false fails, %d malformed, %d no answer)%n",
        Share.text(result.accuracy()),
        result.correct(),
        result.groups(),
        result.falsePositives(),
        result.falseNegatives(),
        result.malformed(),
        result.unanswered().size());
    System.out.println(result.cutLine());
    json.print(
        new JsonLine()
            .put("stage_b_accuracy", result.accuracy())
            .put("groups", result.groups())
            .put("false_positives", result.falsePositives())
            .put("false_negatives", result.falseNegatives())
            .put("malformed", result.malformed())
            .put("cut", result.cut())
            .put("no_answer", result.unanswered().size()));
    result.requireAnswers();
    return 0;
  }

  @Command(
      name = "reference",
      description = "Prints every key of stage_b.yaml as a page in Markdown.")
  void reference() {
    System.out.print(StageBConfig.reference());
  }

  @Command(
      name = "schema",
      description =
          "Prints the JSON Schema of stage_b.yaml, or of the rows of a file that a run writes.")
  void schema(
      @Option(names = "--artifact", paramLabel = "FILE", description = "Such as selections.jsonl.")
          @Nullable String artifact) {
    if (artifact == null) {
      System.out.print(StageBConfig.schema());
      return;
    }
    System.out.print(
        Arrays.stream(Artifact.values())
            .filter(each -> each.file().equals(artifact))
            .findFirst()
            .orElseThrow(() ->
                new UsageError(
                    "'%s' is no file of a run: name one of %s"
                        .formatted(
                            artifact,
                            Arrays.stream(Artifact.values()).map(Artifact::file).toList())))
            .schema());
  }
}
