package io.lockstep.coordinator.machine;

import io.lockstep.coordinator.CommittedCheckpoint;
import io.lockstep.coordinator.Numerics;
import io.lockstep.coordinator.Phase;
import io.lockstep.data.plan.Shard;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Who is in the world, generation after generation. A world forms when enough workers are there; it
 * ends at once when one is lost or connections broke, and right after a commit when one joins or
 * leaves.
 */
final class Worlds {
  private final RunState state;
  private final Saves saves;
  private final BrokenLinks links;
  private final Waiting waiting;
  private final Probation probation;

  /** Workers lost since steps were last computed, for people. */
  private final List<String> lost = new ArrayList<>();

  /** What the disk answered; void once a world was formed. */
  private Event.@Nullable CheckpointChosen choice;

  private boolean choosing;

  Worlds(RunState state, Saves saves, BrokenLinks links, Waiting waiting, Probation probation) {
    this.probation = probation;
    this.state = state;
    this.saves = saves;
    this.links = links;
    this.waiting = waiting;
  }

  // ---- what workers say

  void ready(Member member, Event.Ready ready) {
    if (ready.generation() == 0) {
      loaded(member);
      return;
    }
    World world = state.world;
    if (!state.isCurrent(member, "READY", ready.generation()) || world == null || member.ready) {
      return;
    }
    member.entered(state.now);
    world.markReady(member);
    member.activity = "ready";
    if (member.place == Member.Place.MEMBER) {
      member.holdings = withPresent(member.holdings, shardOf(world, member));
    }
  }

  /** A worker has loaded the model; said again, that changes nothing. */
  private void loaded(Member member) {
    if (member.loading) {
      state.roster.setLoaded(member);
      member.activity = "loaded";
      state.notice(
          member,
          Newcomers.News.LOADED,
          "%s has loaded, %d workers can train".formatted(member.name(), state.roster.available()));
    }
  }

  /** What holds of a worker, whichever of its messages was lost. */
  void beats(Member member, Event.Heartbeat heartbeat) {
    member.activity = heartbeat.activity();
    World world = state.world;
    boolean entered =
        world != null
            && member.place != Member.Place.WAITS
            && heartbeat.generation() == world.number();
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
          if (world != null && standing.ready() == world.number()) {
            ready(member, new Event.Ready(member.session, standing.ready()));
          }
          standing
              .broken()
              .filter(broken -> world != null && broken.generation() == world.number())
              .ifPresent(broken -> broken(member, broken));
        });
  }

  /** A worker has room for two shards: the one in force, and that of the world being formed. */
  private static List<Holding> withPresent(List<Holding> held, Holding present) {
    return held.isEmpty() || held.getFirst().shard().equals(present.shard())
        ? List.of(present)
        : List.of(held.getFirst(), present);
  }

  private Holding shardOf(World world, Member member) {
    boolean replicates = state.plan.membership().replicates();
    return new Holding(new Shard(member.rank, world.size(), replicates), world.firstStep(), false);
  }

  void broken(Member member, Event.Broken broken) {
    World world = state.world;
    if (!state.isCurrent(member, "BROKEN", broken.generation())
        || world == null
        || member.broken != null) {
      return;
    }
    world.markBroken(member, broken, state.now);
    member.activity = "awaits the next world: " + broken.what();
  }

  void leaving(Member member, String reason) {
    if (member.leaving == null) {
      state.roster.setLeaving(member, reason);
      state.notice(
          member,
          Newcomers.News.LEAVING,
          "%s wants to leave: %s".formatted(member.describe(), reason));
    }
  }

  /** A worker is gone; its stream, if it still has one, is told so. */
  void lose(Member member, String how, Optional<ToWorker> lastWord) {
    World world = state.world;
    String text =
        "worker %s was lost in generation %d at step %d: %s; it last did: %s"
            .formatted(
                member.describe(),
                state.history.generation(),
                state.committed(),
                how,
                member.activity);
    boolean started = state.history.generation() > 0;
    state.notice(
        member,
        Newcomers.News.LOST,
        started ? text : member.name() + " left before the start: " + how);
    if (member.place != Member.Place.WAITS || state.world == null) {
      lost.add(member.name());
    }
    depart(member, lastWord);
    if (world != null && member.place != Member.Place.WAITS) {
      world.breakUp("worker " + member.describe() + " was lost: " + how, true);
    }
  }

  /** The same process has come on another stream. */
  void replaceStream(Member before) {
    World world = state.world;
    depart(before, Optional.empty());
    if (world != null && before.place != Member.Place.WAITS) {
      world.breakUp(before.describe() + " came back on another stream", false);
    }
  }

  private void depart(Member member, Optional<ToWorker> lastWord) {
    saves.writerLost(member);
    state.roster.remove(member);
    lastWord.ifPresentOrElse(
        word -> state.send(member, word),
        () -> state.actions.add(new Action.CloseStream(member.session)));
  }

  void chosen(Event.CheckpointChosen answer) {
    choosing = false;
    choice = answer;
    answer.problems().forEach(state::notice);
  }

  /** Whether the disk is asked for a checkpoint to go back to. */
  boolean isChoosing() {
    return choosing;
  }

  /** A newer checkpoint is there: ask the disk again. */
  void forgetChoice() {
    choice = null;
  }

  // ---- transitions

  /** One change of the world, if one is due. */
  boolean advance() {
    if (!isNeeded()) {
      return false;
    }
    World world = state.world;
    if (world == null) {
      return releaseIdle() || form();
    }
    String end = world.end();
    if (end != null) {
      dissolve(
          world,
          "generation %d ended at step %d: %s".formatted(world.number(), state.committed(), end));
      return true;
    }
    if (world.isTorn(state.now, tornPatienceMillis())) {
      mend(world);
      return true;
    }
    if (!world.hasBegun()) {
      return world.isReady() && begin(world);
    }
    return release(world) || releaseIdle() || change(world);
  }

  /** How long broken connections wait for a death that explains them. */
  private long tornPatienceMillis() {
    return Math.min(Holdups.CONNECT_MILLIS, state.plan.membership().heartbeatTimeout().toMillis());
  }

  /** Nothing is left to compute or to ask of anybody once the last checkpoint is on its way. */
  private boolean isNeeded() {
    return state.committed() < state.endAt() || !saves.areSavedOrRequested();
  }

  private void dissolve(World world, String why) {
    state.notice(why);
    if (world.hasShrunk()) {
      waiting.forReplacement(world.size(), lost);
    }
    world.forEach(Member::dismiss);
    state.world = null;
    saves.worldEnded();
  }

  /** Connections broke and everybody lives: the same again, unless it broke too often. */
  private void mend(World world) {
    Member first = world.torn().getFirst();
    Event.Broken broken = first.broken;
    String what = first.describe() + " reported: " + (broken == null ? "nothing" : broken.what());
    links
        .generationBroke(world)
        .ifPresent(guilty -> {
          String why =
              guilty.proven
                  ? "its connections to others broke in %d generations in a row although both ends lived"
                      .formatted(BrokenLinks.PATIENCE)
                  : "it came into the world and others got no connection with it that holds";
          long exile = guilty.proven ? 0 : probation.failed(guilty, state.now);
          state.notice("worker %s has to go: %s".formatted(guilty.describe(), why));
          depart(
              guilty,
              Optional.of(
                  guilty.proven
                      ? new ToWorker.Stop(false, why + ": " + what, false)
                      : ToWorker.Stop.until(why + ": " + what, exile)));
        });
    world.breakUp("connections broke: " + what, false);
  }

  private boolean begin(World world) {
    world.begin();
    lost.clear();
    for (Member member : world.members()) {
      member.holdings = List.of(shardOf(world, member));
    }
    world.departing().forEach(member -> member.holdings = List.of());
    state.enter(Phase.TRAINING, "training");
    return true;
  }

  // ---- leaving

  /** Lets those go that have handed over what they held. */
  private boolean release(World world) {
    for (Member member : List.copyOf(world.departing())) {
      if (!saves.awaits(member)) {
        world.released(member);
        letGo(member);
        return true;
      }
    }
    return false;
  }

  /** Lets those go that want to and hold nothing that is needed. */
  private boolean releaseIdle() {
    boolean nothingToLose =
        state.world != null || state.committed() == 0 || state.history.isSaved();
    for (Member member : state.roster.leaving()) {
      boolean idle = member.place == Member.Place.WAITS;
      if (idle
          && !saves.awaits(member)
          && (nothingToLose || !member.holdsSomethingOf(state.committed()))) {
        letGo(member);
        return true;
      }
    }
    return false;
  }

  private void letGo(Member member) {
    state.roster.remove(member);
    if (member.leaving != null) {
      state.notice(
          member,
          Newcomers.News.LEFT,
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

  /** Ends the world for a better one, where that costs nothing. */
  private boolean change(World world) {
    boolean still = state.standsStill();
    if ((!still && !state.justCommitted)
        || saves.isPreparing()
        || state.committed() == state.endAt()) {
      return false;
    }
    if (state.losesTooMany()) {
      // The last ones save the state before they go: nobody would hold it.
      boolean kept = state.committed() == 0 || state.history.isSaved();
      return still && kept && end(world, "too few workers stay");
    }
    if (state.committed() == world.firstStep()) {
      return false;
    }
    boolean leaves =
        state.roster.leaving().stream().anyMatch(member -> member.place == Member.Place.MEMBER);
    boolean joins =
        probation.takesNewcomers(state.now)
            && world.size()
                < Math.min(state.plan.membership().maxWorkers(), state.roster.available());
    return (leaves || joins) && end(world, leaves ? "a worker leaves" : "a worker joins");
  }

  private boolean end(World world, String why) {
    dissolve(
        world,
        "generation %d ended at step %d: %s".formatted(world.number(), state.committed(), why));
    return true;
  }

  // ---- forming

  private boolean form() {
    Optional<String> reason = waiting.reason();
    if (reason.isPresent()) {
      state.await(reason.get());
      return false;
    }
    RunHistory history = state.history;
    WorldPlan.Stock stock =
        new WorldPlan.Stock(
            state.roster.all(),
            history.committed(),
            history.buckets(),
            history.lastStep().isPresent());
    WorldPlan plan = WorldPlan.of(stock, mostMembers());
    if (plan.complete()) {
      formWorld(plan, Optional.empty());
      return true;
    }
    Optional<CommittedCheckpoint> source = fallBack();
    Event.CheckpointChosen answer = choice;
    if (answer == null) {
      return false;
    }
    goBack(source);
    formWorld(plan, source);
    return true;
  }

  /** How many form the world: without newcomers while they are on trial and others are enough. */
  private int mostMembers() {
    int most = state.plan.membership().maxWorkers();
    if (probation.takesNewcomers(state.now)) {
      return most;
    }
    long proven =
        state.roster.all().stream().filter(member -> member.proven && member.isAvailable()).count();
    return proven < state.plan.membership().minWorkers()
        ? most
        : (int) Math.min(most, Math.max(proven, 1));
  }

  /** The checkpoint to go on from; asks the disk first, and waits for one that is being written. */
  private Optional<CommittedCheckpoint> fallBack() {
    if (saves.isPending()) {
      state.await("some of the state is lost: waiting for " + saves.describePending());
      return Optional.empty();
    }
    Event.CheckpointChosen answer = choice;
    if (answer != null) {
      return answer.chosen();
    }
    if (!choosing) {
      choosing = true;
      state.await("some of the state is lost: looking for a checkpoint");
      state.actions.add(new Action.ChooseCheckpoint(state.history.checkpoints().reversed()));
    }
    return Optional.empty();
  }

  private void goBack(Optional<CommittedCheckpoint> source) {
    long committed = state.committed();
    long steps = source.map(CommittedCheckpoint::steps).orElse(0L);
    String who = lost.isEmpty() ? "nobody holds all of it" : "lost: " + World.names(lost);
    String reason =
        "the state after step %d can't be put together from what %d workers hold (%s)"
            .formatted(committed, state.roster.size(), who);
    String from = source.map(each -> each.dir().toString()).orElse("the base model");
    state.notice(
        steps == committed
            ? "%s: all load %s, no step is lost".formatted(reason, from)
            : "%s: %d committed steps, %d to %d, are computed again from %s"
                .formatted(reason, committed - steps, steps, committed - 1, from));
    if (steps < committed) {
      state.journal(new JournalEntry.Rewound(committed, steps, reason));
    }
  }

  private void formWorld(WorldPlan plan, Optional<CommittedCheckpoint> source) {
    RunHistory history = state.history;
    long number = history.generation() + 1;
    long nextStep = history.committed();
    List<WorldMember> members = plan.members().stream().map(Member::asWorldMember).toList();
    Generation generation =
        new Generation(
            number,
            members,
            plan.departing().stream().map(Member::asWorldMember).toList(),
            nextStep,
            source.map(CommittedCheckpoint::dir),
            plan.holders(),
            plan.holders().isEmpty() ? Optional.empty() : history.lastStep());
    fixNumerics(plan.members().getFirst());
    state.journal(new JournalEntry.WorldFormed(number, nextStep, members));
    World world = new World(number, nextStep, state.now, plan.members(), plan.departing());
    state.world = world;
    choice = null;
    waiting.isOver();
    List<List<Holding>> kept =
        WorldPlan.kept(plan.holders(), plan.members().size() + plan.departing().size());
    int rank = 0;
    for (Member member : plan.members()) {
      member.enter(Member.Place.MEMBER, rank, nextStep, kept.get(rank));
      rank++;
    }
    for (Member member : plan.departing()) {
      member.enter(Member.Place.DEPARTS, rank, nextStep, kept.get(rank));
      rank++;
    }
    world.forEach(member -> state.send(member, new ToWorker.World(generation, member.rank)));
    state.enter(
        Phase.FORMING,
        "generation %d: %d workers connect and go on from step %d"
            .formatted(number, members.size(), nextStep));
  }

  /** From its first world on a run takes workers alone that compute as the first ones do. */
  private void fixNumerics(Member first) {
    Numerics all = state.history.numerics().completedBy(first.numerics);
    if (!all.equals(state.history.numerics())) {
      state.journal(new JournalEntry.NumericsFixed(all));
    }
  }
}
