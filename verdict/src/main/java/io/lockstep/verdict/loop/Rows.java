package io.lockstep.verdict.loop;

import io.lockstep.data.stageb.Judgement;
import io.lockstep.data.stageb.Verdict;
import io.lockstep.verdict.artifact.MalformedRow;
import io.lockstep.verdict.artifact.ReflectionRow.Proposed;
import io.lockstep.verdict.artifact.ReviewRow;
import io.lockstep.verdict.artifact.SelectionRow;
import io.lockstep.verdict.artifact.TrajectoryRow;
import io.lockstep.verdict.guidance.Operation;
import io.lockstep.verdict.rollout.Candidate;
import io.lockstep.verdict.selection.Ruling;
import io.lockstep.verdict.selection.Selection;
import io.lockstep.verdict.selection.Warning;
import io.lockstep.verdict.ticket.Ticket;
import io.lockstep.verdict.trial.Trial;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;

/** Rows of artifacts out of what they tell of. */
final class Rows {

  private Rows() {}

  /**
   * When and under what a ticket was judged.
   *
   * @param phase {@code learn} or {@code final}
   * @param step tickets judged in the phase, this one included
   * @param split {@code learning} or {@code validation}
   * @param guidance number of the guidance in force
   */
  record At(String phase, int epoch, int step, String split, int guidance) {}

  static String label(Verdict verdict) {
    return verdict.name().toLowerCase(Locale.ROOT);
  }

  static List<TrajectoryRow> trajectories(Ruling ruling, At at) {
    Ticket ticket = ruling.ticket();
    return ruling.candidates().stream()
        .map(candidate ->
            new TrajectoryRow(
                ticket.key(),
                ticket.groupId(),
                label(ticket.label()),
                at.phase(),
                at.epoch(),
                at.step(),
                at.guidance(),
                candidate.number(),
                candidate.decoding().temperature(),
                candidate.decoding().topP(),
                candidate.decoding().maxNewTokens(),
                candidate.decoding().seed(),
                candidate.decoding().repetitionPenalty(),
                candidate.raw(),
                candidate.judgement().map(Judgement::verdict).map(Rows::label),
                candidate.judgement().map(Judgement::reason),
                candidate.problem(),
                boxed(candidate.meanLogProbability())))
        .toList();
  }

  static SelectionRow selection(Ticket ticket, Selection selection, At at) {
    return new SelectionRow(
        ticket.key(),
        ticket.groupId(),
        ticket.mission(),
        label(ticket.label()),
        at.phase(),
        at.epoch(),
        at.step(),
        at.split(),
        at.guidance(),
        label(selection.judgement().verdict()),
        selection.judgement().reason(),
        label(selection.voted()),
        selection.candidate(),
        selection.voteStrength(),
        selection.passShare(),
        boxed(selection.meanLogProbability()),
        selection.warnings().stream().map(Warning::label).toList(),
        ticket.summaries());
  }

  static MalformedRow malformed(Ruling ruling, At at) {
    Ticket ticket = ruling.ticket();
    Candidate first = ruling.candidates().getFirst();
    return new MalformedRow(
        ticket.key(),
        ticket.groupId(),
        ticket.mission(),
        label(ticket.label()),
        at.phase(),
        at.epoch(),
        at.step(),
        at.split(),
        first.problem(),
        first.raw());
  }

  static ReviewRow review(Ruling ruling, int epoch, int step, String reasonCode) {
    Ticket ticket = ruling.ticket();
    Judgement judgement = ruling.selection().orElseThrow().judgement();
    return new ReviewRow(
        ticket.key(),
        ticket.groupId(),
        ticket.mission(),
        label(ticket.label()),
        epoch,
        step,
        reasonCode,
        label(judgement.verdict()),
        judgement.reason());
  }

  static Proposed proposed(Operation operation, String source, Trial trial) {
    return new Proposed(
        operation.word(),
        operation.target(),
        operation.text(),
        source,
        operation.evidence(),
        trial.accepted(),
        trial.why(),
        trial.minibatch().helped(),
        trial.minibatch().harmed(),
        trial.validation().helped(),
        trial.validation().harmed(),
        trial.chance(),
        trial.level());
  }

  private static Optional<Double> boxed(OptionalDouble value) {
    return value.isPresent() ? Optional.of(value.getAsDouble()) : Optional.empty();
  }
}
