package io.lockstep.verdict.loop;

import io.lockstep.config.ConfigException;
import io.lockstep.verdict.artifact.Artifact;
import io.lockstep.verdict.artifact.MalformedRow;
import io.lockstep.verdict.artifact.MetricsRow;
import io.lockstep.verdict.artifact.ReflectionRow;
import io.lockstep.verdict.artifact.ReflectionRow.Proposed;
import io.lockstep.verdict.artifact.ReviewRow;
import io.lockstep.verdict.artifact.RunFolder;
import io.lockstep.verdict.artifact.RunRow;
import io.lockstep.verdict.artifact.SelectionRow;
import io.lockstep.verdict.artifact.TrajectoryRow;
import io.lockstep.verdict.guidance.Domain;
import io.lockstep.verdict.guidance.Guidance;
import io.lockstep.verdict.reflection.Budget;
import io.lockstep.verdict.reflection.Reflection;
import io.lockstep.verdict.reflection.Reflector;
import io.lockstep.verdict.report.Deltas;
import io.lockstep.verdict.report.Outcome;
import io.lockstep.verdict.report.Reports;
import io.lockstep.verdict.report.Windows;
import io.lockstep.verdict.rollout.Rollouts;
import io.lockstep.verdict.rollout.TextGenerator;
import io.lockstep.verdict.selection.Judge;
import io.lockstep.verdict.selection.Ruling;
import io.lockstep.verdict.selection.Selection;
import io.lockstep.verdict.ticket.Draws;
import io.lockstep.verdict.ticket.Split;
import io.lockstep.verdict.ticket.Ticket;
import io.lockstep.verdict.trial.Pool;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * A run of one mission, from its first epoch to its reports. What it writes is a function of what
 * it is given and of the generator's answers.
 */
final class MissionRun {

  private static final String LEARN = "learn";

  private final StageBConfig config;
  private final RunFolder folder;
  private final Split split;
  private final RunRow run;
  private final Set<String> decided;
  private final Judge judge;
  private final Reflector reflector;
  private final Learner learner;
  private final Windows windows;
  private final Deltas deltas = new Deltas();
  private final List<ReviewRow> queue = new ArrayList<>();
  private final Set<String> queued = new HashSet<>();
  private final Set<String> settled = new HashSet<>();
  private int step;
  private int snapshot = -1;

  /**
   * A run that begins.
   *
   * @param folder whose artifacts are written anew
   * @param split at least one ticket to learn from
   * @param decided keys of tickets that reviewers have decided: their labels aren't suspect
   */
  MissionRun(
      StageBConfig config,
      RunFolder folder,
      RunRow run,
      Domain domain,
      Guidance start,
      Split split,
      Set<String> decided,
      TextGenerator generator) {
    this.config = config;
    this.folder = folder;
    this.split = split;
    this.run = run;
    this.decided = Set.copyOf(decided);
    this.judge = new Judge(new Rollouts(domain, config.rollout(), generator), config.selection());
    this.reflector = new Reflector(generator, config.reflection());
    this.learner = new Learner(judge, split, config, start);
    this.windows = new Windows(run);
  }

  /** Runs all epochs; returns the metrics over all tickets under the last guidance. */
  MetricsRow run() throws IOException, ConfigException {
    folder.clear();
    folder.write(Artifact.RUN, List.of(run));
    for (Artifact lines :
        List.of(
            Artifact.TRAJECTORIES,
            Artifact.SELECTIONS,
            Artifact.FAILURES,
            Artifact.REFLECTION,
            Artifact.HYPOTHESIS_EVENTS,
            Artifact.REVIEW_QUEUE,
            Artifact.METRICS,
            Artifact.REPORT_DELTA)) {
      folder.append(lines, List.of());
    }
    takeSnapshot();
    for (int epoch = 1; epoch <= config.epochs(); epoch++) {
      epoch(epoch);
    }
    judgeAll();
    folder.write(Artifact.HYPOTHESES, learner.hypotheses().all());
    folder.replace(
        folder.root().resolve(RunFolder.GUIDANCE), learner.best().guidance().json() + "\n");
    return Reports.rebuild(folder);
  }

  private void epoch(int epoch) {
    Budget budget = new Budget(config.reflection());
    settled.clear();
    List<Ticket> order =
        Draws.shuffled(split.learning(), Ticket::key, config.seed() + epoch, "order");
    int size = config.rollout().batchGroups();
    for (int from = 0; from < order.size(); from += size) {
      List<Ticket> batch = order.subList(from, Math.min(order.size(), from + size));
      Pool.Member best = learner.best();
      List<Ruling> rulings = judge.judge(best.guidance(), batch);
      List<Outcome> outcomes = write(rulings, LEARN, epoch, best.number(), "learning");
      if (budget.hasCalls()) {
        reflect(best, rulings, budget, epoch);
      }
      outcomes.forEach(outcome -> {
        folder.append(Artifact.METRICS, windows.add(outcome, queue));
        folder.append(Artifact.REPORT_DELTA, deltas.add(outcome).stream().toList());
      });
    }
    int number = learner.best().number();
    List<Proposed> taken = learner.takeStock(epoch, step);
    if (!taken.isEmpty()) {
      folder.append(
          Artifact.REFLECTION,
          List.of(
              new ReflectionRow(
                  epoch, step, number, List.of(), List.of(), List.of(), 0, List.of(), taken)));
    }
    takeSnapshot();
  }

  private void reflect(Pool.Member best, List<Ruling> rulings, Budget budget, int epoch) {
    Pool.Member parent = learner.parent(epoch, step);
    List<Ruling> under =
        parent.number() == best.number()
            ? rulings
            : judge.judge(parent.guidance(), rulings.stream().map(Ruling::ticket).toList());
    // A ticket without a verdict under the guidance in force is a failure, never label-suspect.
    Set<String> judged =
        rulings.stream()
            .filter(ruling -> ruling.selection().isPresent())
            .map(ruling -> ruling.ticket().key())
            .collect(Collectors.toSet());
    List<Ruling> gradient =
        under.stream()
            .filter(ruling -> judged.contains(ruling.ticket().key()))
            .filter(this::teaches)
            .toList();
    if (gradient.isEmpty()) {
      return;
    }
    Reflection reflection =
        reflector.reflect(parent.guidance(), gradient, learner.refused(), budget);
    List<Proposed> operations = learner.learn(parent, reflection, epoch, step);
    review(gradient, reflection, epoch);
    folder.append(
        Artifact.REFLECTION,
        List.of(
            new ReflectionRow(
                epoch,
                step,
                parent.number(),
                gradient.stream().map(ruling -> ruling.ticket().key()).sorted().toList(),
                List.copyOf(new TreeSet<>(reflection.noEvidence())),
                List.copyOf(new TreeSet<>(reflection.exhausted())),
                reflection.calls(),
                reflection.problems(),
                operations)));
    folder.append(Artifact.HYPOTHESIS_EVENTS, learner.hypotheses().takeEvents());
    takeSnapshot();
  }

  /**
   * Wrong, contradictory and doubtful verdicts teach, once an epoch where nothing is learned; right
   * and stable ones never do.
   */
  private boolean teaches(Ruling ruling) {
    return !settled.contains(ruling.ticket().key())
        && ruling
            .selection()
            .filter(selection -> !ruling.isCorrect() || selection.isDoubtful())
            .isPresent();
  }

  private void review(List<Ruling> gradient, Reflection reflection, int epoch) {
    settled.addAll(reflection.noEvidence());
    settled.addAll(reflection.exhausted());
    List<ReviewRow> rows =
        gradient.stream()
            .filter(ruling -> !decided.contains(ruling.ticket().key()))
            .filter(ruling -> !ruling.isCorrect())
            .flatMap(ruling -> {
              String key = ruling.ticket().key();
              Optional<String> code =
                  reflection.noEvidence().contains(key)
                      ? Optional.of("no_evidence")
                      : reflection.exhausted().contains(key)
                          ? Optional.of("budget_exhausted")
                          : Optional.empty();
              return code.map(why -> Rows.review(ruling, epoch, step, why)).stream();
            })
            .filter(row -> queued.add(row.ticketKey()))
            .toList();
    queue.addAll(rows);
    folder.append(Artifact.REVIEW_QUEUE, rows);
  }

  /** Verdicts on all tickets under the last guidance. */
  private void judgeAll() {
    Pool.Member best = learner.best();
    step = 0;
    write(
        judge.judge(best.guidance(), split.learning()),
        "final",
        config.epochs(),
        best.number(),
        "learning");
    write(
        judge.judge(best.guidance(), split.validation()),
        "final",
        config.epochs(),
        best.number(),
        "validation");
  }

  private List<Outcome> write(
      List<Ruling> rulings, String phase, int epoch, int guidance, String part) {
    List<TrajectoryRow> trajectories = new ArrayList<>();
    List<SelectionRow> selections = new ArrayList<>();
    List<MalformedRow> failures = new ArrayList<>();
    List<Outcome> outcomes = new ArrayList<>();
    for (Ruling ruling : rulings) {
      step++;
      Rows.At at = new Rows.At(phase, epoch, step, part, guidance);
      trajectories.addAll(Rows.trajectories(ruling, at));
      Optional<Selection> selection = ruling.selection();
      if (selection.isPresent()) {
        selections.add(Rows.selection(ruling.ticket(), selection.get(), at));
        outcomes.add(Outcome.of(selections.getLast()));
      } else {
        failures.add(Rows.malformed(ruling, at));
        outcomes.add(Outcome.of(failures.getLast()));
      }
    }
    folder.append(Artifact.TRAJECTORIES, trajectories);
    folder.append(Artifact.SELECTIONS, selections);
    folder.append(Artifact.FAILURES, failures);
    return outcomes;
  }

  /** Writes the guidance in force if it is another than before. */
  private void takeSnapshot() {
    Pool.Member best = learner.best();
    if (best.number() != snapshot) {
      snapshot = best.number();
      String name = String.format(Locale.ROOT, "guidance-%05d.json", snapshot);
      folder.replace(
          folder.root().resolve(RunFolder.SNAPSHOTS).resolve(name), best.guidance().json() + "\n");
    }
  }
}
