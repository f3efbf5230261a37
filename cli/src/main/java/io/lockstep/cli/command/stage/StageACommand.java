package io.lockstep.cli.command.stage;

import io.lockstep.cli.console.Progress;
import io.lockstep.cli.stage.InspectionFolder;
import io.lockstep.cli.stage.StageA;
import io.lockstep.cli.stage.StageAResult;
import io.lockstep.client.AnswerSettings;
import io.lockstep.client.GatewayClient;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code lockstep stage-a}. */
@Command(
    name = "stage-a",
    description = {
      "Asks a gateway for a summary of every picture of an inspection folder.",
      "A picture without an answer is told, its group is left out, and the command fails at the end."
    })
public final class StageACommand implements Callable<Integer> {

  @Mixin private AskedGateway gateway = new AskedGateway();

  @Mixin private UntrainedOption untrained = new UntrainedOption();

  @Option(
      names = "--input",
      required = true,
      paramLabel = "DIR",
      description = "Folder of <mission>/{审核通过|审核不通过}/<group>/ with pictures.")
  private Path input = Path.of("");

  @Option(
      names = "--out",
      required = true,
      paramLabel = "DIR",
      description = "Folder for one JSONL file per mission.")
  private Path out = Path.of("");

  @Override
  public Integer call() throws IOException {
    InspectionFolder folder = InspectionFolder.read(input);
    int pictures = folder.groups().stream().mapToInt(group -> group.images().size()).sum();
    AtomicInteger answered = new AtomicInteger();
    StageAResult result;
    try (GatewayClient client = gateway.connect()) {
      AnswerSettings settings = untrained.applied(gateway.settings(client));
      try (Progress progress = new Progress("summaries", pictures, "pictures", 1)) {
        result =
            StageA.run(
                folder,
                out,
                (asked, listener) -> client.describe(asked, settings, listener),
                described -> progress.update(answered.incrementAndGet(), ""));
      }
    }
    result.unanswered().forEach(problem -> System.out.println("no answer: " + problem));
    result.files().forEach(System.out::println);
    System.out.println(result.cutLine());
    result.requireAnswers();
    return 0;
  }
}
