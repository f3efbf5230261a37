package io.lockstep.coordinator.loop;

import io.lockstep.coordinator.CommittedCheckpoint;
import io.lockstep.coordinator.Retention;
import io.lockstep.coordinator.RunRefusedException;
import io.lockstep.coordinator.checkpoint.CheckpointFolders;
import io.lockstep.coordinator.checkpoint.MisreportedException;
import io.lockstep.coordinator.machine.Action;
import io.lockstep.coordinator.machine.CheckpointAttempt;
import io.lockstep.coordinator.machine.Event;
import io.lockstep.coordinator.machine.RunHistory;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Work on checkpoint folders, one after another on a thread of its own, so that commits and
 * heartbeats never wait for the disk.
 */
final class CheckpointDisk implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(CheckpointDisk.class);

  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(
          Thread.ofPlatform().daemon().name("checkpoint-disk").factory());
  private final CheckpointFolders folders;
  private final Consumer<Event> answers;

  CheckpointDisk(CheckpointFolders folders, Consumer<Event> answers) {
    this.folders = folders;
    this.answers = answers;
  }

  /**
   * Checkpoints that are on the disk and not in the journal, oldest first; called before the other
   * methods.
   */
  List<CommittedCheckpoint> recover(RunHistory history) {
    Set<Long> registered =
        history.checkpoints().stream()
            .map(CommittedCheckpoint::steps)
            .collect(Collectors.toUnmodifiableSet());
    return folders.unregistered(registered, history.committed()).stream()
        .map(CheckpointDisk::registered)
        .toList();
  }

  private static CommittedCheckpoint registered(CheckpointFolders.StoredCheckpoint stored) {
    return new CommittedCheckpoint(
        stored.steps(), stored.dir(), stored.manifestSha256(), stored.bytes(), false);
  }

  void prepare(CheckpointAttempt attempt) {
    answer(attempt, () -> new Event.CheckpointPrepared(attempt, folders.prepare(attempt)));
  }

  void complete(Action.FinalizeCheckpoint request, Optional<Double> meanLoss) {
    answer(
        request.attempt(),
        () -> {
          CommittedCheckpoint checkpoint =
              folders.complete(request.attempt(), request.files(), request.last(), meanLoss);
          tidy(this::removeLeftovers);
          return new Event.CheckpointCommitted(request.attempt(), checkpoint);
        });
  }

  /** Looks for the newest checkpoint that is intact; damaged ones are set aside. */
  void choose(List<CommittedCheckpoint> registered) {
    Map<Long, String> manifests =
        registered.stream()
            .collect(
                Collectors.toUnmodifiableMap(
                    CommittedCheckpoint::steps, CommittedCheckpoint::manifestSha256));
    thread.execute(() -> {
      Event answer;
      try {
        CheckpointFolders.Choice choice = folders.newestValid(manifests);
        List<String> problems = new ArrayList<>();
        for (CheckpointFolders.Rejected damaged : choice.rejected()) {
          problems.add(
              "the checkpoint at step %d is damaged (%s) and is passed over; it is now %s"
                  .formatted(damaged.steps(), damaged.problem(), folders.setAside(damaged)));
        }
        answer =
            new Event.CheckpointChosen(choice.chosen().map(CheckpointDisk::registered), problems);
      } catch (RuntimeException error) {
        answer = new Event.Aborted("can't look for a checkpoint to go back to: " + describe(error));
      }
      answers.accept(answer);
    });
  }

  /**
   * Deletes what need not be kept.
   *
   * @param costs by which checkpoints are compared, by steps; empty for their training losses
   * @param deleted called with the steps, on the disk's thread
   */
  void retain(
      Retention retention,
      Optional<Map<Long, Double>> costs,
      Consumer<List<Long>> deleted,
      Consumer<String> problem) {
    thread.execute(() -> {
      try {
        deleted.accept(folders.retain(retention, costs));
      } catch (RunRefusedException error) {
        log.warn("old checkpoints stay", error);
        problem.accept("old checkpoints stay: " + error.reason());
      }
    });
  }

  void discard(CheckpointAttempt attempt) {
    thread.execute(() -> tidy(() -> folders.discard(attempt)));
  }

  /** Waits for the work so far, and removes what earlier attempts left. */
  void finish() {
    CompletableFuture.runAsync(() -> tidy(this::removeLeftovers), thread).join();
  }

  @Override
  public void close() {
    thread.close();
  }

  private void answer(CheckpointAttempt attempt, Supplier<Event> work) {
    thread.execute(() -> {
      Event answer;
      try {
        answer = work.get();
      } catch (MisreportedException error) {
        answer = new Event.CheckpointFailed(attempt, error.reason(), error.paths());
      } catch (RuntimeException error) {
        answer = new Event.CheckpointFailed(attempt, describe(error));
      }
      answers.accept(answer);
    });
  }

  private void removeLeftovers() {
    folders.removeLeftovers().forEach(log::info);
  }

  private static void tidy(Runnable removal) {
    try {
      removal.run();
    } catch (RunRefusedException left) {
      log.warn("{}", left.reason());
    }
  }

  private static String describe(RuntimeException error) {
    return error instanceof RunRefusedException refused ? refused.reason() : error.toString();
  }
}
