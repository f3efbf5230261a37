package io.lockstep.verdict.selection;

import io.lockstep.data.stageb.Judgement;
import io.lockstep.data.stageb.Verdict;
import io.lockstep.verdict.guardrail.FailFirst;
import io.lockstep.verdict.rollout.Candidate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/** Selects a group's verdict among its candidates; a pure function. */
public final class Selector {

  private Selector() {}

  /**
   * The majority's verdict with the reason of its candidate of the lowest temperature, the first of
   * those; a tie is a fail. A finding of the guard rail is a fail whatever the vote.
   *
   * @param label what people decided; it changes nothing but a warning
   * @return nothing if no candidate is well-formed
   */
  public static Optional<Selection> select(
      List<Candidate> candidates,
      Optional<FailFirst.Finding> finding,
      Verdict label,
      SelectionSection settings) {
    List<Vote> votes =
        candidates.stream()
            .flatMap(each -> each.judgement().map(judgement -> new Vote(each, judgement)).stream())
            .toList();
    if (votes.isEmpty()) {
      return Optional.empty();
    }
    long passes = votes.stream().filter(vote -> vote.verdict() == Verdict.PASS).count();
    long fails = votes.size() - passes;
    Verdict voted = passes > fails ? Verdict.PASS : Verdict.FAIL;
    List<Vote> winners = votes.stream().filter(vote -> vote.verdict() == voted).toList();
    Vote taken =
        Collections.min(
            winners,
            Comparator.comparingDouble((Vote vote) -> vote.candidate().decoding().temperature())
                .thenComparingInt(vote -> vote.candidate().number()));
    double strength = (double) winners.size() / votes.size();
    boolean overrides = finding.isPresent() && voted == Verdict.PASS;
    Judgement judgement =
        finding
            .filter(_ -> overrides)
            .map(found -> new Judgement(Verdict.FAIL, found.reason()))
            .orElse(taken.judgement());
    List<Warning> warnings = new ArrayList<>();
    add(warnings, Warning.TIED_VOTE, passes == fails);
    add(warnings, Warning.LOW_AGREEMENT, strength < settings.minVerdictAgreement());
    add(warnings, Warning.ROLLOUT_CONTRADICTION, passes > 0 && fails > 0);
    add(warnings, Warning.MALFORMED_CANDIDATES, votes.size() < candidates.size());
    add(warnings, Warning.FAIL_FIRST_OVERRIDE, overrides);
    add(warnings, Warning.LABEL_MISMATCH, judgement.verdict() != label);
    return Optional.of(
        new Selection(
            judgement,
            voted,
            taken.candidate().number(),
            strength,
            (double) passes / votes.size(),
            mean(winners),
            warnings));
  }

  private static void add(List<Warning> warnings, Warning warning, boolean holds) {
    if (holds) {
      warnings.add(warning);
    }
  }

  private static OptionalDouble mean(List<Vote> votes) {
    return votes.stream().allMatch(vote -> vote.candidate().meanLogProbability().isPresent())
        ? votes.stream()
            .mapToDouble(vote -> vote.candidate().meanLogProbability().orElseThrow())
            .average()
        : OptionalDouble.empty();
  }

  private record Vote(Candidate candidate, Judgement judgement) {
    Verdict verdict() {
      return judgement.verdict();
    }
  }
}
