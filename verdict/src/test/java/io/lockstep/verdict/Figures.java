package io.lockstep.verdict;

import io.lockstep.verdict.artifact.Artifact;
import io.lockstep.verdict.artifact.GroupReportRow;
import io.lockstep.verdict.artifact.ReviewRow;
import io.lockstep.verdict.artifact.SuspectRow;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** Prints the figures of docs/stage-b.md. */
final class Figures {

  private static final int SEEDS = Integer.getInteger("seeds", 5);
  private static final List<String> MISSIONS =
      Experiment.MISSIONS.subList(0, Integer.getInteger("missions", 2));

  private Figures() {}

  /** Runs everything in a folder that is given. */
  public static void main(String[] arguments) throws Exception {
    Path folder = Path.of(arguments[0]);
    Files.createDirectories(folder);
    for (int epochs = Integer.getInteger("epochs", 1); epochs <= 3; epochs++) {
      row("loop, epoch " + epochs, folder, Missions.FIRST, new RuleReflector(), epochs, "tried");
    }
    row("plain, 3 epochs", folder, Missions.FIRST, new RuleReflector(), 3, "always");
    row("wrong proposals", folder, Missions.FIRST, new WrongReflector(), 3, "tried");
    row("wrong, plain", folder, Missions.FIRST, new WrongReflector(), 3, "always");
    row("bad seed", folder, Experiment.BAD_SEED, new RuleReflector(), 4, "tried");
    row("bad seed, plain", folder, Experiment.BAD_SEED, new RuleReflector(), 4, "always");
    equalCalls(folder);
    labels(folder);
  }

  private static void row(
      String name,
      Path folder,
      List<String> items,
      ScriptedModel.Reflecting reflector,
      int epochs,
      String acceptance)
      throws Exception {
    List<Experiment.Learned> all = new ArrayList<>();
    for (String mission : MISSIONS) {
      for (long seed = 1; seed <= SEEDS; seed++) {
        all.add(
            new Experiment(folder.resolve(name + mission + seed), mission, seed)
                .learn(items, reflector, acceptance, epochs));
      }
    }
    print(name, all);
  }

  private static void equalCalls(Path folder) throws Exception {
    List<Experiment.Learned> all = new ArrayList<>();
    for (String mission : MISSIONS) {
      for (long seed = 1; seed <= SEEDS; seed++) {
        Experiment experiment =
            new Experiment(folder.resolve("equal" + mission + seed), mission, seed);
        long calls =
            experiment.learn(Missions.FIRST, new RuleReflector(), "tried", 3).result().questions();
        all.add(experiment.plain(Missions.FIRST, new RuleReflector(), calls));
      }
    }
    print("plain, as many calls as the loop's 3 epochs", all);
  }

  private static void print(String name, List<Experiment.Learned> all) {
    List<Double> shares = all.stream().map(each -> each.last().accuracy()).toList();
    double mean = shares.stream().mapToDouble(each -> each).average().orElse(0);
    double variance =
        shares.stream().mapToDouble(each -> (each - mean) * (each - mean)).sum()
            / (shares.size() - 1);
    System.out.printf(
        "%-45s before %.3f after %.3f +- %.3f (worst %.3f) false passes %.3f false fails %.3f"
            + " questions %.0f items %.1f%n",
        name,
        all.stream().mapToDouble(each -> each.first().accuracy()).average().orElse(0),
        mean,
        2.26 * Math.sqrt(variance / shares.size()),
        shares.stream().mapToDouble(each -> each).min().orElse(0),
        all.stream()
            .mapToDouble(each -> (double) each.last().falsePasses() / each.last().groups())
            .average()
            .orElse(0),
        all.stream()
            .mapToDouble(each -> (double) each.last().falseFails() / each.last().groups())
            .average()
            .orElse(0),
        all.stream().mapToLong(each -> each.result().questions()).average().orElse(0),
        all.stream().mapToInt(each -> each.result().guidance().items().size()).average().orElse(0));
  }

  private static void labels(Path folder) throws Exception {
    int groups = 0;
    int flipped = 0;
    int unseen = 0;
    int[] suspects = new int[3];
    int[] queue = new int[3];
    int abstained = 0;
    int given = 0;
    int wrongGiven = 0;
    int trulyWrong = 0;
    for (String mission : MISSIONS) {
      for (long seed = 1; seed <= SEEDS; seed++) {
        Experiment.Learned learned =
            new Experiment(folder.resolve("labels" + mission + seed), mission, seed)
                .learn(Missions.FIRST, new RuleReflector(), "tried", 3);
        Set<String> wrong = keys(learned, World.Group::flipped);
        Set<String> hidden = keys(learned, World.Group::unseen);
        groups += learned.groups().size();
        flipped += wrong.size();
        unseen += hidden.size();
        count(
            suspects,
            learned.result().folder().read(Artifact.SUSPECTS, SuspectRow.class).stream()
                .map(SuspectRow::ticketKey)
                .toList(),
            wrong,
            hidden);
        count(
            queue,
            learned.result().folder().read(Artifact.REVIEW_QUEUE, ReviewRow.class).stream()
                .map(ReviewRow::ticketKey)
                .toList(),
            wrong,
            hidden);
        for (GroupReportRow row :
            learned.result().folder().read(Artifact.REPORT, GroupReportRow.class)) {
          if (row.abstains()) {
            abstained++;
          } else {
            given++;
            wrongGiven += row.correct() ? 0 : 1;
            boolean truly = row.correct() == !wrong.contains(row.ticketKey());
            trulyWrong += truly ? 0 : 1;
          }
        }
      }
    }
    System.out.printf("groups %d flipped %d unseen %d%n", groups, flipped, unseen);
    System.out.printf(
        "suspects: listed %d flipped %d unseen %d%n", suspects[0], suspects[1], suspects[2]);
    System.out.printf("queue: listed %d flipped %d unseen %d%n", queue[0], queue[1], queue[2]);
    System.out.printf(
        "abstained %d given %d against the label %d truly wrong %d%n",
        abstained, given, wrongGiven, trulyWrong);
  }

  private static Set<String> keys(
      Experiment.Learned learned, java.util.function.Predicate<World.Group> which) {
    return learned.groups().stream()
        .filter(which)
        .map(group -> group.ticket().key())
        .collect(Collectors.toSet());
  }

  private static void count(
      int[] counts, List<String> listed, Set<String> flipped, Set<String> unseen) {
    counts[0] += listed.size();
    counts[1] += (int) listed.stream().filter(flipped::contains).count();
    counts[2] += (int) listed.stream().filter(unseen::contains).count();
  }
}
