package io.lockstep.verdict;

import io.lockstep.config.ConfigException;
import io.lockstep.verdict.guidance.Guidance;
import io.lockstep.verdict.loop.StageBRun;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * Missions that are learned, and groups held out that never are.
 *
 * @param folder for everything
 * @param mission what is inspected
 * @param seed of what is drawn
 */
record Experiment(Path folder, String mission, long seed) {

  static final List<String> MISSIONS = List.of("安装检查", "布线检查");
  static final int LEARNED = 200;
  static final int HELD_OUT = 300;

  /** Items of a guidance that lets most groups fail for nothing. */
  static final List<String> BAD_SEED =
      List.of("G0: 螺丝有缺陷不可接受", "G1: 扎带/规范即不通过", "G2: 标签/整齐、铭牌/规范即不通过", "G3: 空开/整齐即不通过");

  /**
   * What came of learning.
   *
   * @param first the guidance of before, on the groups held out
   * @param last the learned one, on the same
   */
  record Learned(
      Missions files,
      List<World.Group> groups,
      StageBRun.Result result,
      Missions.Tally first,
      Missions.Tally last) {}

  /** Learns from the world's groups. */
  Learned learn(
      List<String> items, ScriptedModel.Reflecting reflector, String acceptance, int epochs)
      throws IOException, ConfigException {
    World world = new World(mission, seed);
    List<World.Group> groups = world.groups("L", LEARNED);
    List<World.Group> heldOut = world.groups("H", HELD_OUT);
    Missions files =
        Missions.write(
            folder,
            mission,
            items,
            "seed: %d\nepochs: %d\ntrial: {acceptance: %s}\n".formatted(seed, epochs, acceptance));
    ScriptedModel model = new ScriptedModel(reflector);
    StageBRun.Result result =
        files.run("%s-%d".formatted(acceptance, epochs)).run(World.tickets(groups), model);
    Guidance first = Guidance.read(files.folder().resolve("guidance.yaml"));
    return new Learned(
        files,
        groups,
        result,
        files.count(first, heldOut, model),
        files.count(result.guidance(), heldOut, model));
  }

  /** Learns by plain reflection: every change is taken, until so many questions were asked. */
  Learned plain(List<String> items, ScriptedModel.Reflecting reflector, long questions)
      throws IOException, ConfigException {
    int epochs = 3;
    Learned learned = learn(items, reflector, "always", epochs);
    while (learned.result().questions() < questions && epochs < 24) {
      epochs += 3;
      learned = learn(items, reflector, "always", epochs);
    }
    return learned;
  }

  /** Half the width of the 95 % interval of a share of the groups held out. */
  static double interval(double share) {
    return 1.96 * Math.sqrt(share * (1 - share) / HELD_OUT);
  }
}
