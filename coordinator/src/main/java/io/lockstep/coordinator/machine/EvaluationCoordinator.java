package io.lockstep.coordinator.machine;

import io.lockstep.coordinator.CommittedEvaluation;
import io.lockstep.coordinator.EvaluationMetric;
import io.lockstep.coordinator.EvaluationPlan;
import io.lockstep.coordinator.NoticeKind;
import io.lockstep.coordinator.machine.EventException.RunFailure;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Evaluations on held-out records, between two leases. When all members stand still at a step after
 * which the run is evaluated, each is asked for a share of the records; no step is leased and no
 * checkpoint begun before the sums are journaled. An evaluation that a lost worker leaves
 * incomplete is made again by the next epoch.
 */
final class EvaluationCoordinator {
  private final RunState state;
  private @Nullable PendingEvaluation pending;

  EvaluationCoordinator(RunState state) {
    this.state = state;
  }

  private EvaluationPlan plan() {
    return state.plan.evaluations();
  }

  /**
   * Whether the committed steps are to be evaluated before anything else. Of steps that are saved
   * either it was, or they are another run's.
   */
  boolean isDue() {
    return plan().isDue(state.committed(), state.plan.totalSteps())
        && state.history.evaluation(state.committed()).isEmpty()
        && !state.history.isSaved();
  }

  /** Whether the members are computing one. */
  boolean isPending() {
    return pending != null;
  }

  /** The pending evaluation, if there is one. */
  Optional<PendingEvaluation> present() {
    return Optional.ofNullable(pending);
  }

  /** Begins an evaluation that is due, or ends one that is complete; false if nothing changed. */
  boolean advance() {
    MembershipEpoch epoch = state.epoch;
    if (epoch == null || epoch.endReason() != null || !state.standsStill() || !isDue()) {
      return false;
    }
    PendingEvaluation present = pending;
    if (present == null) {
      pending =
          new PendingEvaluation(
              epoch.generation(), state.committed(), plan().records(), epoch.members());
      ToWorker.Evaluate evaluate = new ToWorker.Evaluate(epoch.generation(), state.committed());
      epoch.members().forEach(member -> state.send(member, evaluate));
      return true;
    }
    if (!present.isComplete()) {
      return false;
    }
    pending = null;
    present
        .unclaimed()
        .ifPresent(record -> {
          throw new RunFailure(
              "no worker evaluated held-out record %d at step %d: use the same version of the program on all workers"
                  .formatted(record, present.steps()));
        });
    commit(epoch, present.sum());
    return true;
  }

  private void commit(MembershipEpoch epoch, CommittedEvaluation evaluation) {
    state.journal(new JournalEntry.EvaluationCommitted(evaluation));
    state.notice(NoticeKind.EVALUATED, describe(evaluation));
    ToWorker.Evaluation told = new ToWorker.Evaluation(evaluation);
    epoch.members().forEach(member -> state.send(member, told));
    if (state.plan.totalSteps() > state.committed() && state.endAt() == state.committed()) {
      state.notice(NoticeKind.EVALUATED, whyStopped(state));
    }
  }

  private String describe(CommittedEvaluation evaluation) {
    if (evaluation.tokens() == 0) {
      return "evaluation after step %d: none of the %d held-out records can be used: see the workers' logs"
          .formatted(evaluation.steps(), plan().records());
    }
    return "evaluation after step %d: eval_loss %s, eval_token_acc %s on %d records%s"
        .formatted(
            evaluation.steps(),
            figure(evaluation.loss()),
            figure(evaluation.tokenAccuracy()),
            evaluation.records(),
            plan().endsWithBest(state.history.evaluations()) ? ", the best so far" : "");
  }

  private static String figure(double value) {
    return String.format(Locale.ROOT, "%.4f", value);
  }

  /** Why evaluations ended a run before its last step, one line. */
  static String whyStopped(RunState state) {
    EvaluationPlan plan = state.plan.evaluations();
    EvaluationMetric metric = plan.metric();
    String best =
        metric
            .best(state.history.evaluations())
            .map(each -> "%s after step %d".formatted(figure(metric.of(each)), each.steps()))
            .orElse("no figure");
    return "stopped early after step %d of %d: %s is not better in %d evaluations in a row; the best is %s"
        .formatted(
            state.committed(),
            state.plan.totalSteps(),
            metric.key(),
            plan.stopping().map(rule -> rule.patience()).orElse(0),
            best);
  }

  void evaluated(Member member, Event.Evaluated share) {
    String what = "its share of the evaluation after step " + share.steps();
    if (!state.isCurrent(member, what, share.generation())) {
      return;
    }
    PendingEvaluation present = pending;
    boolean underWay = present != null && present.steps() == share.steps();
    if (present == null || !underWay || !present.awaits(member)) {
      boolean known = underWay || state.history.evaluation(share.steps()).isPresent();
      state.require(known, member, what);
      return;
    }
    present.add(member, share);
    member.activity = "evaluated after step " + share.steps();
  }

  /** The epoch is over: the next one evaluates again. */
  void epochEnded() {
    pending = null;
  }

  /** Members whose share of the pending evaluation is missing. */
  List<Member> late(MembershipEpoch epoch) {
    PendingEvaluation present = pending;
    return present == null ? List.of() : epoch.members().stream().filter(present::awaits).toList();
  }
}
