package io.lockstep.verdict;

import io.lockstep.config.ConfigException;
import io.lockstep.data.stageb.Verdict;
import io.lockstep.verdict.guidance.Domain;
import io.lockstep.verdict.guidance.Guidance;
import io.lockstep.verdict.loop.StageBConfig;
import io.lockstep.verdict.loop.StageBRun;
import io.lockstep.verdict.rollout.Rollouts;
import io.lockstep.verdict.rollout.TextGenerator;
import io.lockstep.verdict.selection.Judge;
import io.lockstep.verdict.selection.Ruling;
import io.lockstep.verdict.ticket.Ticket;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Files of a mission in a folder, and runs of it.
 *
 * @param folder that everything lies in
 * @param mission what is inspected
 */
record Missions(Path folder, String mission) {

  private static final String DOMAIN =
      """
      name: 安装
      rules: 据各图摘要判定，只答Verdict、Reason两行。
      negatives: [松动, 损坏]
      patterns: [不符合要求/<issue>]
      negations: [未发现, 无, 没有, 不存在]
      doubts: [是否, 无法判断, 只显示部分, 需复核]
      """;

  /** The guidance that a run begins with unless another is written: it knows nothing. */
  static final List<String> FIRST = List.of("G0: 螺丝有缺陷不可接受");

  /**
   * Writes the files.
   *
   * @param items each {@code KEY: text}
   * @param more what the configuration says besides, as YAML
   */
  static Missions write(Path folder, String mission, List<String> items, String more)
      throws IOException {
    Files.createDirectories(folder);
    Files.writeString(folder.resolve("domain.yaml"), DOMAIN);
    StringBuilder guidance = new StringBuilder("mission: " + mission + "\nobjects: [螺丝]\nitems:\n");
    for (String item : items) {
      int colon = item.indexOf(':');
      guidance.append(
          "  - {key: %s, text: '%s'}\n"
              .formatted(item.substring(0, colon), item.substring(colon + 1).strip()));
    }
    Files.writeString(folder.resolve("guidance.yaml"), guidance.toString());
    Files.writeString(
        folder.resolve("stage_b.yaml"),
        """
        output: runs
        domain: domain.yaml
        missions: [{guidance: guidance.yaml, stage_a: stage_a.jsonl}]
        rollout:
          grid:
            - {temperature: 0}
            - {temperature: 0.7, seed: 1}
            - {temperature: 1, seed: 2}
        """
            + more);
    return new Missions(folder, mission);
  }

  StageBRun run(String name) throws IOException, ConfigException {
    StageBConfig config = StageBConfig.read(folder.resolve("stage_b.yaml"));
    return new StageBRun(config, config.missions().getFirst(), name);
  }

  /** Share of groups that a guidance judges as they truly are. */
  double accuracy(Guidance guidance, List<World.Group> heldOut, TextGenerator generator)
      throws IOException, ConfigException {
    return count(guidance, heldOut, generator).accuracy();
  }

  /** How a guidance judges groups, by what they truly are. */
  Tally count(Guidance guidance, List<World.Group> heldOut, TextGenerator generator)
      throws IOException, ConfigException {
    StageBConfig config = StageBConfig.read(folder.resolve("stage_b.yaml"));
    Judge judge =
        new Judge(
            new Rollouts(Domain.read(config.domain()), config.rollout(), generator),
            config.selection());
    List<Ticket> tickets = heldOut.stream().map(World.Group::asDecidedRightly).toList();
    int right = 0;
    int falsePasses = 0;
    int falseFails = 0;
    for (Ruling ruling : judge.judge(guidance, tickets)) {
      if (ruling.isCorrect()) {
        right++;
      } else if (ruling.ticket().label() == Verdict.FAIL) {
        falsePasses++;
      } else {
        falseFails++;
      }
    }
    return new Tally(right, falsePasses, falseFails, tickets.size());
  }

  /** Counts of verdicts. */
  record Tally(int right, int falsePasses, int falseFails, int groups) {
    double accuracy() {
      return (double) right / groups;
    }
  }
}
