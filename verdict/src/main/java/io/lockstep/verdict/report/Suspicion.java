package io.lockstep.verdict.report;

import io.lockstep.verdict.artifact.RunRow;
import io.lockstep.verdict.artifact.SelectionRow;
import io.lockstep.verdict.calibration.Example;
import io.lockstep.verdict.calibration.OutOfFold;
import io.lockstep.verdict.calibration.RiskCoverage;
import io.lockstep.verdict.ticket.Draws;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * How probable labels and verdicts are, of every ticket told by a model that learned from others:
 * from the objects of its summaries and the votes of its candidates.
 *
 * @param pass probabilities of a pass by ticket
 * @param suspects keys of tickets whose label confident learning suspects
 * @param curve risk and coverage
 * @param threshold least confidence of a verdict that is given
 */
record Suspicion(
    Map<String, Double> pass,
    Set<String> suspects,
    List<RiskCoverage.Point> curve,
    double threshold) {

  private static final Pattern CLAUSES = Pattern.compile("[，,；;。\\n]");
  private static final Pattern COUNT = Pattern.compile("\\s*×\\d+");

  /** Judges the outcomes of the final phase. */
  static Suspicion of(List<Outcome> last, RunRow run) {
    List<Outcome> judged = last.stream().filter(each -> each.verdict().isPresent()).toList();
    List<Example> examples =
        judged.stream()
            .map(each ->
                new Example(
                    each.groupId(),
                    features(each.selection().orElseThrow()),
                    each.selection().orElseThrow().passShare(),
                    each.label().equals("pass")))
            .toList();
    List<Double> probabilities =
        OutOfFold.probabilities(
            examples,
            run.folds(),
            example -> (int) (Draws.unit(run.seed(), "fold", example.name()) * run.folds()));
    List<Boolean> suspect = OutOfFold.suspects(examples, probabilities);
    Map<String, Double> pass = new HashMap<>();
    Set<String> suspects = new HashSet<>();
    List<RiskCoverage.Decision> decisions = new ArrayList<>();
    for (int i = 0; i < judged.size(); i++) {
      Outcome each = judged.get(i);
      pass.put(each.ticketKey(), probabilities.get(i));
      if (suspect.get(i)) {
        suspects.add(each.ticketKey());
      }
      decisions.add(
          new RiskCoverage.Decision(confidence(each, probabilities.get(i)), each.isCorrect()));
    }
    List<RiskCoverage.Point> curve = RiskCoverage.curve(decisions);
    return new Suspicion(pass, suspects, curve, RiskCoverage.threshold(curve, run.errorRate()));
  }

  /** What the summaries say, without counts and numbers of pictures. */
  private static List<String> features(SelectionRow row) {
    return row.summaries().stream()
        .flatMap(CLAUSES::splitAsStream)
        .map(clause -> COUNT.matcher(clause).replaceAll("").strip())
        .filter(clause -> !clause.isEmpty())
        .toList();
  }

  private static double confidence(Outcome outcome, double pass) {
    return outcome.verdict().orElse("").equals("pass") ? pass : 1 - pass;
  }

  /** Probability that the label is as the verdict says; 0 without a verdict. */
  double confidence(Outcome outcome) {
    return outcome.verdict().isEmpty()
        ? 0
        : confidence(outcome, passProbability(outcome.ticketKey()));
  }

  double passProbability(String ticketKey) {
    return pass.getOrDefault(ticketKey, 0.5);
  }

  boolean isSuspect(String ticketKey) {
    return suspects.contains(ticketKey);
  }
}
