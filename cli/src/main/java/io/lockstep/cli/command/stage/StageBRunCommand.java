package io.lockstep.cli.command.stage;

import io.lockstep.cli.console.Share;
import io.lockstep.cli.stage.GatewayGenerator;
import io.lockstep.cli.stage.StageB;
import io.lockstep.client.GatewayClient;
import io.lockstep.config.ConfigException;
import io.lockstep.verdict.artifact.MetricsRow;
import io.lockstep.verdict.loop.StageBConfig;
import io.lockstep.verdict.loop.StageBRun;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code lockstep stage-b run}. */
@Command(
    name = "run",
    description =
        "Runs the verdict loop: judges the groups of each mission several times, learns what verdicts"
            + " should go by, and writes reports. A run that was killed goes on; one that has ended"
            + " is run again from its last guidance.")
public final class StageBRunCommand implements Callable<Integer> {

  @Mixin private GatewayAddress gateway = new GatewayAddress();

  @Mixin private NamedRun run = new NamedRun();

  @Override
  public Integer call() throws IOException, ConfigException {
    StageBConfig config = run.config();
    try (GatewayClient client = gateway.connect()) {
      for (StageBConfig.Mission mission : config.missions()) {
        StageBRun.Result result =
            run.of(config, mission)
                .run(StageB.tickets(mission.stageA()), new GatewayGenerator(client));
        MetricsRow.Counts all = result.metrics().withReview();
        System.out.printf(
            "%s: accuracy %s (%d tickets; %d false passes, %d false fails, %d malformed; %d in review;"
                + " %d items; %d questions)%n",
            result.guidance().mission(),
            Share.text(all.acc()),
            all.n(),
            all.fp(),
            all.fn(),
            all.malformed(),
            all.n() - result.metrics().withoutReview().n(),
            result.guidance().items().size(),
            result.questions());
        System.out.println("run: " + result.folder().root());
      }
    }
    return 0;
  }
}
