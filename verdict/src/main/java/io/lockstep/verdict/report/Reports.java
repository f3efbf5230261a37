package io.lockstep.verdict.report;

import io.lockstep.config.ConfigException;
import io.lockstep.verdict.artifact.Artifact;
import io.lockstep.verdict.artifact.DeltaRow;
import io.lockstep.verdict.artifact.GroupReportRow;
import io.lockstep.verdict.artifact.MalformedRow;
import io.lockstep.verdict.artifact.MetricsRow;
import io.lockstep.verdict.artifact.NeedReviewRow;
import io.lockstep.verdict.artifact.ReviewRow;
import io.lockstep.verdict.artifact.RiskRow;
import io.lockstep.verdict.artifact.RunFolder;
import io.lockstep.verdict.artifact.RunRow;
import io.lockstep.verdict.artifact.SelectionRow;
import io.lockstep.verdict.artifact.SuspectRow;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Everything that follows from what a run has written: its metrics, deltas and reports. A run
 * writes them as it ends through the same code that rebuilds them later.
 */
public final class Reports {

  private final RunFolder folder;
  private final RunRow run;
  private final List<Outcome> outcomes;
  private final List<ReviewRow> queue;

  private Reports(RunFolder folder, RunRow run, List<Outcome> outcomes, List<ReviewRow> queue) {
    this.folder = folder;
    this.run = run;
    this.outcomes = outcomes;
    this.queue = queue;
  }

  /**
   * Writes the reports of a run anew, from its rows alone.
   *
   * @return its last metrics, over all tickets
   * @throws ConfigException naming file and line if a file isn't a run's
   */
  public static MetricsRow rebuild(RunFolder folder) throws IOException, ConfigException {
    return new Reports(
            folder,
            folder.read(Artifact.RUN, RunRow.class).getFirst(),
            Outcome.of(
                folder.read(Artifact.SELECTIONS, SelectionRow.class),
                folder.read(Artifact.FAILURES, MalformedRow.class)),
            folder.read(Artifact.REVIEW_QUEUE, ReviewRow.class))
        .write();
  }

  private MetricsRow write() {
    List<Outcome> last = outcomes.stream().filter(each -> !each.isLearning()).toList();
    Suspicion suspicion = Suspicion.of(last, run);
    List<MetricsRow> metrics = metrics(last);
    folder.write(Artifact.METRICS, metrics);
    folder.write(Artifact.REPORT_DELTA, deltas());
    folder.write(Artifact.NEED_REVIEW, needReview(last));
    folder.write(Artifact.SUSPECTS, suspects(last, suspicion));
    folder.write(Artifact.RISK, risk(suspicion));
    folder.write(Artifact.REPORT, report(last, suspicion));
    return metrics.get(metrics.size() - 2);
  }

  private Set<String> inQueue() {
    return Windows.reviewed(queue, Integer.MAX_VALUE);
  }

  private List<MetricsRow> metrics(List<Outcome> last) {
    List<MetricsRow> rows = new ArrayList<>();
    Windows windows = new Windows(run);
    outcomes.stream()
        .filter(Outcome::isLearning)
        .forEach(each -> rows.addAll(windows.add(each, queue)));
    int inForce = last.stream().mapToInt(Outcome::guidance).max().orElse(0);
    Set<String> all = inQueue();
    rows.add(MetricsRows.of("final", run.epochs(), last.size(), inForce, last, all));
    rows.add(
        MetricsRows.of(
            "validation",
            run.epochs(),
            last.size(),
            inForce,
            last.stream().filter(each -> each.split().equals("validation")).toList(),
            all));
    return rows;
  }

  private List<DeltaRow> deltas() {
    Deltas deltas = new Deltas();
    return outcomes.stream()
        .filter(Outcome::isLearning)
        .flatMap(each -> deltas.add(each).stream())
        .toList();
  }

  private List<NeedReviewRow> needReview(List<Outcome> last) {
    Map<String, Outcome> byKey = byKey(last);
    return queue.stream()
        .sorted(Comparator.comparing(ReviewRow::ticketKey))
        .map(row -> {
          Optional<Outcome> outcome = Optional.ofNullable(byKey.get(row.ticketKey()));
          return new NeedReviewRow(
              row.ticketKey(),
              row.groupId(),
              row.mission(),
              row.label(),
              row.reasonCode(),
              row.epoch(),
              outcome.flatMap(Outcome::verdict),
              outcome.filter(Outcome::isCorrect).isPresent());
        })
        .toList();
  }

  private static Map<String, Outcome> byKey(List<Outcome> last) {
    return last.stream().collect(Collectors.toMap(Outcome::ticketKey, each -> each));
  }

  private List<SuspectRow> suspects(List<Outcome> last, Suspicion suspicion) {
    Set<String> inReview = inQueue();
    return sorted(last).stream()
        .filter(each -> suspicion.isSuspect(each.ticketKey()))
        .map(each -> {
          double pass = suspicion.passProbability(each.ticketKey());
          double own = each.label().equals("pass") ? pass : 1 - pass;
          return new SuspectRow(
              each.ticketKey(),
              each.groupId(),
              each.label(),
              own,
              1 - own,
              inReview.contains(each.ticketKey()));
        })
        .toList();
  }

  private List<RiskRow> risk(Suspicion suspicion) {
    return suspicion.curve().stream()
        .map(point ->
            new RiskRow(
                point.threshold(),
                point.coverage(),
                point.risk(),
                point.threshold() == suspicion.threshold()))
        .toList();
  }

  private List<GroupReportRow> report(List<Outcome> last, Suspicion suspicion) {
    Map<String, List<String>> history = new HashMap<>();
    outcomes.stream()
        .filter(Outcome::isLearning)
        .forEach(each ->
            history
                .computeIfAbsent(each.ticketKey(), _ -> new ArrayList<>())
                .add(each.verdict().orElse("malformed")));
    Set<String> inReview = inQueue();
    return sorted(last).stream()
        .map(each -> {
          String key = each.ticketKey();
          double confidence = suspicion.confidence(each);
          return new GroupReportRow(
              key,
              each.groupId(),
              each.mission(),
              each.label(),
              each.split(),
              each.verdict(),
              each.selection().map(SelectionRow::reason),
              each.isCorrect(),
              confidence,
              confidence < suspicion.threshold(),
              inReview.contains(key),
              suspicion.isSuspect(key),
              each.selection().map(SelectionRow::warnings).orElse(List.of()),
              history.getOrDefault(key, List.of()));
        })
        .toList();
  }

  private static List<Outcome> sorted(List<Outcome> last) {
    return last.stream().sorted(Comparator.comparing(Outcome::ticketKey)).toList();
  }
}
