package io.lockstep.coordinator.machine;

import io.lockstep.coordinator.NoticeKind;
import io.lockstep.data.plan.Shard;
import java.util.List;
import java.util.Optional;

/**
 * What workers say of their place in the membership, and when a membership epoch begins and ends:
 * at once when a member is lost or connections broke, right after a commit when a worker joins or
 * leaves. The next epoch is formed by {@link Rendezvous}.
 */
final class MembershipCoordinator {
  private final RunState state;
  private final CheckpointCoordinator checkpoints;
  private final EvaluationCoordinator evaluations;
  private final Rendezvous rendezvous;
  private final BrokenLinks links = new BrokenLinks();
  private final ReadmissionBackoff backoff;

  MembershipCoordinator(
      RunState state,
      CheckpointCoordinator checkpoints,
      EvaluationCoordinator evaluations,
      Rendezvous rendezvous,
      ReadmissionBackoff backoff) {
    this.state = state;
    this.checkpoints = checkpoints;
    this.evaluations = evaluations;
    this.rendezvous = rendezvous;
    this.backoff = backoff;
  }

  /** The members' connections held for a whole step. */
  void stepCommitted() {
    links.stepCommitted();
  }

  // ---- what workers say

  void ready(Member member, Event.Ready ready) {
    if (ready.generation() == 0) {
      loaded(member);
      return;
    }
    MembershipEpoch epoch = state.epoch;
    if (!state.isCurrent(member, "READY", ready.generation()) || epoch == null || member.ready) {
      return;
    }
    member.entered(state.now);
    epoch.markReady(member);
    member.activity = "ready";
    if (member.role == Member.Role.MEMBER) {
      member.holdings = withPresent(member.holdings, shardOf(epoch, member));
    }
  }

  /** A worker has loaded the model; hearing it twice changes nothing. */
  private void loaded(Member member) {
    if (member.loading) {
      state.members.setLoaded(member);
      member.activity = "loaded";
      state.notice(
          member,
          NoticeLimit.Kind.LOADED,
          "%s has loaded, %d workers can train"
              .formatted(member.name(), state.members.available()));
    }
  }

  /** A heartbeat repeats what holds of the worker, in case a message of its was lost. */
  void heartbeat(Member member, Event.Heartbeat heartbeat) {
    member.activity = heartbeat.activity();
    MembershipEpoch epoch = state.epoch;
    boolean entered =
        epoch != null
            && member.role != Member.Role.SPARE
            && heartbeat.generation() == epoch.generation();
    if (entered) {
      member.entered(state.now);
    }
    heartbeat
        .standing()
        .ifPresent(standing -> {
          if (!standing.loading()) {
            loaded(member);
          }
          if (!standing.leaving().isEmpty()) {
            leaving(member, standing.leaving());
          }
          member.awaited = entered ? standing.awaited() : List.of();
          if (epoch != null && standing.ready() == epoch.generation()) {
            ready(member, new Event.Ready(member.session, standing.ready()));
          }
          standing
              .broken()
              .filter(broken -> epoch != null && broken.generation() == epoch.generation())
              .ifPresent(broken -> broken(member, broken));
        });
  }

  /** A worker has room for two shards: the one in force, and that of the epoch being formed. */
  private static List<Holding> withPresent(List<Holding> held, Holding present) {
    return held.isEmpty() || held.getFirst().shard().equals(present.shard())
        ? List.of(present)
        : List.of(held.getFirst(), present);
  }

  private Holding shardOf(MembershipEpoch epoch, Member member) {
    boolean replicates = state.plan.membership().replicates();
    return new Holding(new Shard(member.rank, epoch.size(), replicates), epoch.firstStep(), false);
  }

  void broken(Member member, Event.Broken broken) {
    MembershipEpoch epoch = state.epoch;
    if (!state.isCurrent(member, "BROKEN", broken.generation())
        || epoch == null
        || member.broken != null) {
      return;
    }
    epoch.markBroken(member, broken, state.now);
    member.activity = "awaits the next generation: " + broken.what();
  }

  void leaving(Member member, String reason) {
    if (member.leaving == null) {
      state.members.setLeaving(member, reason);
      state.notice(
          member,
          NoticeLimit.Kind.LEAVING,
          "%s wants to leave: %s".formatted(member.describe(), reason));
    }
  }

  /**
   * A worker is lost.
   *
   * @param lastWord what it is told before its stream is closed
   */
  void lose(Member member, String how, Optional<ToWorker> lastWord) {
    MembershipEpoch epoch = state.epoch;
    boolean started = state.history.generation() > 0;
    String text =
        "worker %s was lost in generation %d at step %d: %s; it last did: %s"
            .formatted(
                member.describe(),
                state.history.generation(),
                state.committed(),
                how,
                member.activity);
    state.notice(
        member,
        NoticeLimit.Kind.LOST,
        started ? text : member.name() + " left before the start: " + how);
    if (member.role != Member.Role.SPARE || state.epoch == null) {
      rendezvous.lost(member);
    }
    depart(member, lastWord);
    if (epoch != null && member.role != Member.Role.SPARE) {
      epoch.end("worker " + member.describe() + " was lost: " + how, true);
    }
  }

  /** The same process has come on another stream. */
  void replaceStream(Member before) {
    MembershipEpoch epoch = state.epoch;
    depart(before, Optional.empty());
    if (epoch != null && before.role != Member.Role.SPARE) {
      epoch.end(before.describe() + " came back on another stream", false);
    }
  }

  private void depart(Member member, Optional<ToWorker> lastWord) {
    checkpoints.writerLost(member);
    state.members.remove(member);
    lastWord.ifPresentOrElse(
        word -> state.send(member, word),
        () -> state.actions.add(new Action.CloseStream(member.session)));
  }

  // ---- transitions

  /** Makes one change of the membership, if one is due. */
  boolean advance() {
    if (!needsWorkers()) {
      return false;
    }
    MembershipEpoch epoch = state.epoch;
    if (epoch == null) {
      return releaseIdle() || rendezvous.form();
    }
    String end = epoch.endReason();
    if (end != null) {
      return dissolve(epoch, end);
    }
    if (epoch.isDisconnected(state.now, disconnectTimeoutMillis())) {
      reconnect(epoch);
      return true;
    }
    if (!epoch.hasBegun()) {
      return epoch.isReady() && begin(epoch);
    }
    return releaseDeparting(epoch) || releaseIdle() || change(epoch);
  }

  /** How long broken connections wait for the loss of a worker that explains them. */
  private long disconnectTimeoutMillis() {
    return Math.min(
        Stragglers.CONNECT_MILLIS, state.plan.membership().heartbeatTimeout().toMillis());
  }

  /** Whether workers still have steps to compute or a checkpoint to begin. */
  private boolean needsWorkers() {
    return state.committed() < state.endAt() || !checkpoints.areSavedOrRequested();
  }

  private boolean dissolve(MembershipEpoch epoch, String why) {
    state.notice(
        NoticeKind.MEMBERSHIP,
        "generation %d ended at step %d: %s".formatted(epoch.generation(), state.committed(), why));
    if (epoch.hasShrunk()) {
      rendezvous.epochShrank(epoch.size());
    }
    epoch.forEach(Member::dismiss);
    state.epoch = null;
    checkpoints.epochEnded();
    evaluations.epochEnded();
    return true;
  }

  /**
   * Connections broke and nobody died: the same workers connect again, without one that broke too
   * often.
   */
  private void reconnect(MembershipEpoch epoch) {
    Member first = epoch.disconnected().getFirst();
    Event.Broken broken = first.broken;
    String what = first.describe() + " reported: " + (broken == null ? "nothing" : broken.what());
    links
        .generationBroke(epoch)
        .ifPresent(evicted -> {
          String why =
              evicted.proven
                  ? "its connections to others broke in %d generations in a row although both ends lived"
                      .formatted(BrokenLinks.MAX_BREAKS)
                  : "it became a member and others got no connection with it that holds";
          long wait = evicted.proven ? 0 : backoff.failed(evicted, state.now);
          state.notice(
              NoticeKind.EVICTED, "worker %s has to go: %s".formatted(evicted.describe(), why));
          depart(
              evicted,
              Optional.of(
                  evicted.proven
                      ? new ToWorker.Stop(false, why + ": " + what, false)
                      : ToWorker.Stop.until(why + ": " + what, wait)));
        });
    epoch.end("connections broke: " + what, false);
  }

  private boolean begin(MembershipEpoch epoch) {
    epoch.begin();
    rendezvous.epochBegan();
    for (Member member : epoch.members()) {
      member.holdings = List.of(shardOf(epoch, member));
    }
    epoch.departing().forEach(member -> member.holdings = List.of());
    state.enter(Transition.EPOCH_READY, "training");
    return true;
  }

  // ---- leaving

  /** Lets one departing worker go that has handed over its shards. */
  private boolean releaseDeparting(MembershipEpoch epoch) {
    for (Member member : List.copyOf(epoch.departing())) {
      if (!checkpoints.awaits(member)) {
        epoch.released(member);
        release(member);
        return true;
      }
    }
    return false;
  }

  /** Lets one spare worker go that wants to and holds nothing that is needed. */
  private boolean releaseIdle() {
    boolean nothingToLose =
        state.epoch != null || state.committed() == 0 || state.history.isSaved();
    for (Member member : state.members.leaving()) {
      boolean idle = member.role == Member.Role.SPARE;
      if (idle
          && !checkpoints.awaits(member)
          && (nothingToLose || !member.holdsSomethingOf(state.committed()))) {
        release(member);
        return true;
      }
    }
    return false;
  }

  private void release(Member member) {
    state.members.remove(member);
    if (member.leaving != null) {
      state.notice(
          member,
          NoticeLimit.Kind.LEFT,
          "%s left the run after step %d".formatted(member.name(), state.committed()));
      state.send(
          member, new ToWorker.Stop(true, "left the run after step " + state.committed(), false));
    } else {
      state.send(
          member,
          new ToWorker.Stop(
              false,
              "the run takes at most %d workers".formatted(state.plan.membership().maxWorkers()),
              true));
    }
  }

  // ---- joining and leaving while steps are computed

  /** Ends the epoch right after a commit if a worker joins or leaves. */
  private boolean change(MembershipEpoch epoch) {
    boolean still = state.standsStill();
    if ((!still && !state.justCommitted)
        || checkpoints.isPreparing()
        || evaluations.isPending()
        || state.committed() == state.endAt()) {
      return false;
    }
    if (state.losesTooMany()) {
      // Nobody would hold the state: the last ones save it before they go.
      boolean kept = state.committed() == 0 || state.history.isSaved();
      return still && kept && dissolve(epoch, "too few workers stay");
    }
    if (state.committed() == epoch.firstStep()) {
      return false;
    }
    boolean leaves =
        state.members.leaving().stream().anyMatch(member -> member.role == Member.Role.MEMBER);
    boolean joins =
        backoff.admitsNewcomers(state.now)
            && epoch.size()
                < Math.min(state.plan.membership().maxWorkers(), state.members.available());
    return (leaves || joins) && dissolve(epoch, leaves ? "a worker leaves" : "a worker joins");
  }
}
