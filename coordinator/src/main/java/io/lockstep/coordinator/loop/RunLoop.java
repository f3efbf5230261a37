package io.lockstep.coordinator.loop;

import io.lockstep.coordinator.CommittedCheckpoint;
import io.lockstep.coordinator.CommittedEvaluation;
import io.lockstep.coordinator.EvaluationPlan;
import io.lockstep.coordinator.RunListener;
import io.lockstep.coordinator.RunObservation;
import io.lockstep.coordinator.RunOutcome;
import io.lockstep.coordinator.RunPlan;
import io.lockstep.coordinator.RunRefusedException;
import io.lockstep.coordinator.RunStatus;
import io.lockstep.coordinator.checkpoint.CheckpointFolders;
import io.lockstep.coordinator.journal.RunJournal;
import io.lockstep.coordinator.machine.Action;
import io.lockstep.coordinator.machine.Event;
import io.lockstep.coordinator.machine.JournalEntry;
import io.lockstep.coordinator.machine.RunHistory;
import io.lockstep.coordinator.machine.RunMachine;
import io.lockstep.coordinator.machine.ToWorker;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The thread that owns a run: it passes events to the {@link RunMachine} in the order in which they
 * came, and carries out the actions. Other threads reach it through a queue, so there are no locks.
 * Events posted before {@link #start} wait in the queue.
 */
public final class RunLoop implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(RunLoop.class);
  private static final int TICKS_IN_TIMEOUT = 8;

  private static final int KEPT_NOTICES = 50;

  private final LinkedBlockingQueue<Runnable> queue = new LinkedBlockingQueue<>();
  private final CompletableFuture<RunOutcome> outcome = new CompletableFuture<>();
  private final RunPlan plan;
  private final ArrayDeque<RunStatus.Notice> notices = new ArrayDeque<>();
  private final CheckpointDisk disk;
  private final RunListener listener;
  private final long tickMillis;

  // Owned by the run's thread.
  private final Map<Long, WorkerStream> streams = new HashMap<>();
  private final List<CommittedCheckpoint> checkpoints = new ArrayList<>();
  private final List<CheckpointWatcher> watchers = new ArrayList<>();
  private long noticeCount;
  private long durableSteps;
  private @Nullable RunJournal journal;
  private @Nullable RunMachine machine;
  private boolean closed;
  private Instant lastStep = Instant.EPOCH;
  private Optional<RunObservation.Saved> lastCheckpoint = Optional.empty();

  private volatile @Nullable RunObservation observation;
  private volatile long turned;
  private @Nullable Thread thread;

  /** A loop that waits for {@link #start}. */
  public RunLoop(RunPlan plan, CheckpointFolders folders, RunListener listener) {
    this.plan = plan;
    this.disk = new CheckpointDisk(folders, answer -> post(answer));
    this.listener = listener;
    this.tickMillis =
        Math.clamp(plan.membership().heartbeatTimeout().toMillis() / TICKS_IN_TIMEOUT, 10, 250);
  }

  /** Starts the thread; the journal belongs to it from now on and is closed by {@link #close}. */
  public void start(RunJournal runJournal) {
    RunHistory history = runJournal.history();
    journal = runJournal;
    durableSteps = history.committed();
    for (CommittedCheckpoint found : disk.recover(history)) {
      JournalEntry entry = new JournalEntry.CheckpointCommitted(found);
      runJournal.append(entry);
      history.add(entry);
    }
    history.checkpoints().stream()
        .filter(checkpoint -> Files.isDirectory(checkpoint.dir()))
        .forEach(checkpoints::add);
    machine = new RunMachine(plan, history);
    lastStep = Instant.now();
    lastCheckpoint = checkpoints.isEmpty() ? Optional.empty() : saved(checkpoints.getLast());
    observe();
    turned = now();
    Thread started = new Thread(this::loop, "run-loop");
    started.setDaemon(true);
    thread = started;
    started.start();
  }

  /** How the run ended; completes when it has. */
  public CompletableFuture<RunOutcome> outcome() {
    return outcome.copy();
  }

  /** A worker has opened a stream and introduced itself. */
  public void join(Event.Joined joined, WorkerStream stream) {
    long now = now();
    queue.add(() -> {
      streams.put(joined.session(), stream);
      handle(joined, now);
    });
  }

  private void post(Event answer) {
    long now = now();
    queue.add(() -> handle(answer, now));
  }

  private RunMachine machine() {
    RunMachine present = machine;
    if (present == null) {
      throw new IllegalStateException("the loop handles events before it has a journal");
    }
    return present;
  }

  /** A message of a worker, or the end of its stream. */
  public void post(Event.FromWorker said) {
    post(said, () -> {});
  }

  /**
   * A message of a worker.
   *
   * @param heard run on the run's thread once the event was handled
   */
  public void post(Event.FromWorker said, Runnable heard) {
    long now = now();
    queue.add(() -> {
      handle(said, now);
      heard.run();
    });
  }

  /** The run's status after the events that are queued now. */
  public CompletableFuture<RunStatus> status() {
    CompletableFuture<RunStatus> answer = new CompletableFuture<>();
    queue.add(() -> answer.complete(machine().status(now()).withNotices(List.copyOf(notices))));
    return answer;
  }

  /** The run as it was moments ago, without asking the run's thread; empty before it began. */
  public Optional<RunObservation> observation() {
    return Optional.ofNullable(observation);
  }

  /** How long ago the run's thread last took something from its queue, in milliseconds. */
  public long idleMillis() {
    return now() - turned;
  }

  /** On the run's thread, or before it starts. */
  private void observe() {
    RunMachine present = machine();
    observation =
        new RunObservation(
            present.status(now()), present.endAt(), present.notices(), lastStep, lastCheckpoint);
  }

  private static Optional<RunObservation.Saved> saved(CommittedCheckpoint checkpoint) {
    try {
      Instant at = Files.getLastModifiedTime(checkpoint.dir()).toInstant();
      return Optional.of(new RunObservation.Saved(checkpoint.steps(), at));
    } catch (IOException gone) {
      return Optional.empty();
    }
  }

  /**
   * Asks for a checkpoint and the end of the run.
   *
   * @param by who asks, one line
   * @return the number of steps after which the run ends; fails with {@link RunRefusedException} if
   *     it has ended
   */
  public CompletableFuture<Long> drain(String by) {
    CompletableFuture<Long> answer = new CompletableFuture<>();
    queue.add(() -> {
      if (machine().ended()) {
        answer.completeExceptionally(new RunRefusedException("the run has ended already"));
      } else {
        handle(new Event.DrainRequested(by), now());
        answer.complete(machine().endAt());
      }
    });
    return answer;
  }

  /** Calls the watcher with every checkpoint so far and with each new one. */
  public void watch(CheckpointWatcher watcher) {
    queue.add(() -> {
      checkpoints.forEach(watcher::committed);
      if (outcome.isDone()) {
        watcher.ended(outcome.join());
      } else {
        watchers.add(watcher);
      }
    });
  }

  /** Ends {@link #watch}. */
  public void unwatch(CheckpointWatcher watcher) {
    queue.add(() -> watchers.remove(watcher));
  }

  /** Fails the run if it hasn't ended, sends what is to be sent, and ends the thread. */
  @Override
  public void close() {
    queue.add(() -> {
      handle(new Event.Aborted("the coordinator was shut down"), now());
      closed = true;
    });
    Thread running = thread;
    if (running == null) {
      return;
    }
    try {
      running.join();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void loop() {
    long nextTick = now() + tickMillis;
    while (!closed) {
      turned = now();
      try {
        Runnable work = queue.poll(Math.max(nextTick - now(), 0), TimeUnit.MILLISECONDS);
        if (work != null) {
          work.run();
        }
      } catch (InterruptedException interrupted) {
        handle(new Event.Aborted("the coordinator was interrupted"), now());
        closed = true;
      }
      if (now() >= nextTick) {
        nextTick = now() + tickMillis;
        long tickedAt = now();
        // Behind what is queued already, so that a message in the queue doesn't count as silence.
        queue.add(() -> {
          handle(new Event.Tick(), tickedAt);
          observe();
        });
      }
    }
    disk.close();
    if (journal != null) {
      journal.close();
    }
  }

  /** Milliseconds of a clock that never runs backwards. */
  private static long now() {
    return TimeUnit.NANOSECONDS.toMillis(System.nanoTime());
  }

  private void handle(Event event, long now) {
    try {
      carryOut(event, now);
    } catch (RuntimeException error) {
      String reason =
          error instanceof RunRefusedException refused
              ? refused.reason()
              : "the coordinator failed on " + event.getClass().getSimpleName() + ": " + error;
      log.error("run aborted", error);
      abort(reason, now);
    }
  }

  private void carryOut(Event event, long now) {
    for (Action action : machine().handle(event, now)) {
      apply(action);
    }
  }

  private void apply(Action action) {
    switch (action) {
      case Action.Send send -> send(send);
      case Action.CloseStream close -> {
        WorkerStream stream = streams.remove(close.session());
        if (stream != null) {
          stream.close();
        }
      }
      case Action.Journal entry -> journal(entry.entry());
      case Action.PrepareCheckpoint prepare -> disk.prepare(prepare.attempt());
      case Action.FinalizeCheckpoint complete ->
          disk.complete(complete, meanLoss(complete.attempt().steps()));
      case Action.DiscardCheckpoint discard -> disk.discard(discard.attempt());
      case Action.ChooseCheckpoint choose -> disk.choose(choose.newestFirst());
      case Action.ChangePhase change -> {
        log.info("{}: {}", change.phase(), change.detail());
        listener.phaseChanged(change.phase(), change.detail());
      }
      case Action.Notice notice -> {
        log.info("{}", notice.text());
        notice(notice.text());
      }
      case Action.EndRun end -> end(end.outcome());
    }
  }

  /** Fails the run because of the coordinator, and carries out what can be of the actions. */
  private void abort(String reason, long now) {
    for (Action action : machine().handle(new Event.Aborted(reason), now)) {
      try {
        apply(action);
      } catch (RuntimeException error) {
        log.error("while aborting the run: {}", action, error);
      }
    }
  }

  private void send(Action.Send send) {
    WorkerStream stream = streams.get(send.session());
    if (stream == null) {
      return;
    }
    stream.send(send.message());
    if (send.message() instanceof ToWorker.Stop) {
      stream.close();
      streams.remove(send.session());
    }
  }

  private void journal(JournalEntry entry) {
    RunJournal target = journal;
    if (target == null) {
      throw new IllegalStateException("the loop handles events before it has a journal");
    }
    target.append(entry);
    switch (entry) {
      case JournalEntry.StepCommitted committed -> {
        durableSteps = committed.step().step() + 1;
        lastStep = Instant.now();
        listener.stepCommitted(committed.step(), machine().stepsPerSecond());
      }
      case JournalEntry.Rewound rewound -> {
        durableSteps = rewound.toSteps();
        checkpoints.removeIf(checkpoint -> checkpoint.steps() > rewound.toSteps());
      }
      case JournalEntry.CheckpointCommitted committed -> {
        checkpoints.add(committed.checkpoint());
        lastCheckpoint =
            Optional.of(new RunObservation.Saved(committed.checkpoint().steps(), Instant.now()));
        listener.checkpointCommitted(committed.checkpoint());
        watchers.forEach(watcher -> watcher.committed(committed.checkpoint()));
        retain();
      }
      case JournalEntry.MembershipFormed _,
          JournalEntry.NumericsFixed _,
          JournalEntry.LeaseGranted _,
          JournalEntry.EvaluationCommitted _,
          JournalEntry.BegunFrom _,
          JournalEntry.DrainAccepted _,
          JournalEntry.RunEnded _,
          JournalEntry.RunResumed _ -> {}
    }
  }

  /** Mean loss per token over the steps since the checkpoint before. */
  private Optional<Double> meanLoss(long steps) {
    RunJournal source = journal;
    long before = checkpoints.isEmpty() ? 0 : checkpoints.getLast().steps();
    return source == null ? Optional.empty() : source.meanLoss(before, steps);
  }

  /** Deletes checkpoints that need not be kept; if that fails, a notice says so. */
  private void retain() {
    disk.retain(
        plan.checkpoints().retention(),
        costs(),
        deleted ->
            queue.add(() -> {
              checkpoints.removeIf(checkpoint -> deleted.contains(checkpoint.steps()));
              deleted.forEach(steps -> log.info("deleted the checkpoint at step {}", steps));
            }),
        problem -> queue.add(() -> notice(problem)));
  }

  /** By what checkpoints are compared in a run that is evaluated, by steps. */
  private Optional<Map<Long, Double>> costs() {
    RunJournal source = journal;
    EvaluationPlan evaluations = plan.evaluations();
    return source == null || !evaluations.isEvaluated()
        ? Optional.empty()
        : Optional.of(
            source.history().evaluations().stream()
                .collect(
                    Collectors.toUnmodifiableMap(
                        CommittedEvaluation::steps, evaluations.metric()::cost)));
  }

  private void notice(String text) {
    noticeCount++;
    notices.add(new RunStatus.Notice(noticeCount, text));
    if (notices.size() > KEPT_NOTICES) {
      notices.remove();
    }
    listener.notice(text);
  }

  /** Reports what is in the journal, also if the journal itself failed. */
  private void end(RunOutcome decided) {
    disk.finish();
    Optional<CommittedCheckpoint> newest =
        checkpoints.isEmpty() ? Optional.empty() : Optional.of(checkpoints.getLast());
    RunOutcome result =
        new RunOutcome(
            decided.finished(), decided.reason(), durableSteps, newest, decided.drained());
    watchers.forEach(watcher -> watcher.ended(result));
    watchers.clear();
    observe();
    outcome.complete(result);
    listener.ended(result);
  }

  /** Called with the checkpoints of a run, on the run's thread. */
  public interface CheckpointWatcher {

    /** A checkpoint is committed; earlier ones come first, oldest first. */
    void committed(CommittedCheckpoint checkpoint);

    /** The run has ended: no checkpoint follows. */
    void ended(RunOutcome outcome);
  }

  /** The stream to one worker; used on the run's thread only. */
  public interface WorkerStream {

    /** Sends a message; it is dropped if the stream has ended, which is an event of its own. */
    void send(ToWorker message);

    /** Ends the stream once everything is sent. */
    void close();
  }
}
