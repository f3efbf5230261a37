package io.lockstep.cli.command.stage;

import io.lockstep.cli.stage.GatewayGenerator;
import io.lockstep.cli.stage.StageB;
import io.lockstep.client.GatewayClient;
import io.lockstep.config.ConfigException;
import io.lockstep.data.stageb.Verdict;
import io.lockstep.verdict.guidance.Guidance;
import io.lockstep.verdict.ledger.Ledger;
import io.lockstep.verdict.loop.StageBConfig;
import io.lockstep.verdict.loop.StageBRun;
import java.io.IOException;
import java.util.Objects;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code lockstep stage-b explain}. */
@Command(
    name = "explain",
    description =
        "Takes out each item of a run's last guidance in turn and prints the verdicts that flip.")
public final class StageBExplainCommand implements Callable<Integer> {

  @Mixin private GatewayAddress gateway = new GatewayAddress();

  @Mixin private NamedRun run = new NamedRun();

  @Override
  public Integer call() throws IOException, ConfigException {
    StageBConfig config = run.config();
    try (GatewayClient client = gateway.connect()) {
      for (StageBConfig.Mission mission : config.missions()) {
        StageBRun of = run.of(config, mission);
        Ledger ledger = of.explain(StageB.tickets(mission.stageA()), new GatewayGenerator(client));
        Guidance guidance = of.guidance();
        System.out.println(guidance.mission());
        guidance.items().forEach(item -> print(item.key(), item.text(), ledger));
      }
    }
    return 0;
  }

  private static void print(String key, String text, Ledger ledger) {
    Guidance.Counts counts = Objects.requireNonNull(ledger.counts().get(key));
    System.out.printf(
        "[%s] %s: %d right because of it, %d wrong%n", key, text, counts.helped(), counts.harmed());
    ledger.flips().stream()
        .filter(flip -> flip.item().equals(key))
        .forEach(flip ->
            System.out.printf(
                "  %s: %s, without it %s%n",
                flip.ticket().key(),
                flip.with().map(Verdict::label).orElse("malformed"),
                flip.without().map(Verdict::label).orElse("malformed")));
  }
}
