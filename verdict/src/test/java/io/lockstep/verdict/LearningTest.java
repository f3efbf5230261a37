package io.lockstep.verdict;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.verdict.artifact.Artifact;
import io.lockstep.verdict.artifact.ReflectionRow;
import io.lockstep.verdict.artifact.ReviewRow;
import io.lockstep.verdict.artifact.SuspectRow;
import io.lockstep.verdict.guidance.GuidanceItem;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Missions with planted rules, wrong labels and missing evidence. */
class LearningTest {

  private static final int SEEDS = 5;

  @TempDir private Path dir;

  @Test
  void learningBeatsTheFixedGuidanceAndPlainReflectionAtEqualCalls() throws Exception {
    double learned = 0;
    double plain = 0;
    for (long seed = 1; seed <= SEEDS; seed++) {
      String mission = Experiment.MISSIONS.get((int) seed % Experiment.MISSIONS.size());
      Experiment experiment = new Experiment(dir.resolve("" + seed), mission, seed);
      Experiment.Learned loop = experiment.learn(Missions.FIRST, new RuleReflector(), "tried", 2);
      Experiment.Learned other =
          experiment.plain(Missions.FIRST, new RuleReflector(), loop.result().questions());
      assertTrue(
          loop.last().accuracy() > loop.first().accuracy() + 0.2,
          () -> mission + ": " + loop.first() + " " + loop.last());
      learned += loop.last().accuracy();
      plain += other.last().accuracy();
    }
    assertTrue(learned / SEEDS > 0.9, "accuracy " + learned / SEEDS);
    assertTrue(learned > plain, "%s, plain %s".formatted(learned, plain));
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void wrongProposalsDoNoHarm(long seed) throws Exception {
    Experiment experiment =
        new Experiment(dir.resolve("ignorant"), Experiment.MISSIONS.getFirst(), seed);
    List<String> rules = new World(experiment.mission(), seed).rules();
    Experiment.Learned ignorant =
        experiment.learn(Missions.FIRST, new WrongReflector(), "tried", 2);
    assertHarmless(ignorant);
    Experiment.Learned knowing =
        new Experiment(dir.resolve("knowing"), experiment.mission(), seed)
            .learn(
                List.of(
                    Missions.FIRST.getFirst(),
                    "G1: " + rules.getFirst() + "即不通过",
                    "G2: " + rules.getLast() + "即不通过"),
                new WrongReflector(),
                "tried",
                2);
    assertHarmless(knowing);
  }

  private static void assertHarmless(Experiment.Learned learned) {
    double before = learned.first().accuracy();
    assertTrue(
        learned.last().accuracy() >= before - Experiment.interval(before),
        () -> learned.first() + " became " + learned.last());
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void aBadSeedRecovers(long seed) throws Exception {
    Experiment.Learned learned =
        new Experiment(dir, Experiment.MISSIONS.getFirst(), seed)
            .learn(Experiment.BAD_SEED, new RuleReflector(), "tried", 4);
    assertTrue(learned.first().accuracy() < 0.6, () -> "" + learned.first());
    assertTrue(learned.last().accuracy() > 0.8, () -> "" + learned.last());
    Set<String> texts =
        learned.result().guidance().items().stream()
            .map(GuidanceItem::text)
            .collect(Collectors.toSet());
    assertTrue(texts.stream().noneMatch(text -> text.contains("规范")), texts::toString);
  }

  @Test
  void flippedLabelsAreFound() throws Exception {
    int flipped = 0;
    int listed = 0;
    int found = 0;
    int queued = 0;
    int rightlyQueued = 0;
    for (long seed = 1; seed <= SEEDS; seed++) {
      Experiment.Learned learned =
          new Experiment(dir.resolve("" + seed), Experiment.MISSIONS.getFirst(), seed)
              .learn(Missions.FIRST, new RuleReflector(), "tried", 2);
      Set<String> wrong =
          World.keys(learned.groups().stream().filter(World.Group::flipped).toList());
      Set<String> unseen =
          World.keys(learned.groups().stream().filter(World.Group::unseen).toList());
      Set<String> suspects =
          learned.result().folder().read(Artifact.SUSPECTS, SuspectRow.class).stream()
              .map(SuspectRow::ticketKey)
              .collect(Collectors.toSet());
      Set<String> queue =
          learned.result().folder().read(Artifact.REVIEW_QUEUE, ReviewRow.class).stream()
              .map(ReviewRow::ticketKey)
              .collect(Collectors.toSet());
      flipped += wrong.size();
      listed += suspects.size();
      found += common(suspects, wrong);
      queued += queue.size();
      Set<String> justified = new HashSet<>(wrong);
      justified.addAll(unseen);
      rightlyQueued += common(queue, justified);
    }
    assertTrue(found > 0.6 * flipped, "%d of %d flipped labels".formatted(found, flipped));
    assertTrue(found > 0.4 * listed, "%d of %d listed labels".formatted(found, listed));
    assertTrue(
        rightlyQueued > 0.5 * queued, "%d of %d queued tickets".formatted(rightlyQueued, queued));
  }

  private static int common(Set<String> some, Set<String> others) {
    Set<String> both = new HashSet<>(some);
    both.retainAll(others);
    return both.size();
  }

  @Test
  void everyChangeThatIsTakenHasHelpedAndHarmedNothing() throws Exception {
    Experiment.Learned learned =
        new Experiment(dir, Experiment.MISSIONS.getLast(), 7)
            .learn(Missions.FIRST, new RuleReflector(), "tried", 2);
    List<ReflectionRow.Proposed> taken =
        learned.result().folder().read(Artifact.REFLECTION, ReflectionRow.class).stream()
            .flatMap(row -> row.operations().stream())
            .filter(ReflectionRow.Proposed::accepted)
            .toList();
    assertTrue(taken.size() >= 3, taken::toString);
    for (ReflectionRow.Proposed each : taken) {
      assertTrue(each.minibatchHelped() > each.minibatchHarmed(), each::toString);
      assertTrue(each.validationHelped() >= each.validationHarmed(), each::toString);
      assertTrue(each.op().equals("delete") || each.chance() <= each.level(), each::toString);
    }
  }
}
