package io.lockstep.cli.command.stage;

import io.lockstep.cli.command.JsonOption;
import io.lockstep.cli.console.JsonLine;
import io.lockstep.cli.console.Share;
import io.lockstep.cli.stage.StageB;
import io.lockstep.cli.stage.StageBResult;
import io.lockstep.client.AnswerSettings;
import io.lockstep.client.GatewayClient;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code lockstep stage-b}. */
@Command(
    name = "stage-b",
    description = "Asks a gateway for a verdict on every group and compares it with the label.")
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
}
