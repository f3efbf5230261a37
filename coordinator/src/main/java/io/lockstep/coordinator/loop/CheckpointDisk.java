package io.lockstep.coordinator.loop;

import io.lockstep.coordinator.CommittedCheckpoint;
import io.lockstep.coordinator.RunRefusedException;
import io.lockstep.coordinator.checkpoint.CheckpointFolders;
import io.lockstep.coordinator.machine.Action;
import io.lockstep.coordinator.machine.Event;
import io.lockstep.coordinator.machine.RunHistory;
import io.lockstep.coordinator.machine.SaveAttempt;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Checkpoint folders on a thread of their own, in the order asked: commits and heartbeats never
 * wait for the disk to sync gigabytes.
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

  /** Checkpoints that are on the disk and not in the journal; before anything else is asked. */
  List<CommittedCheckpoint> recover(RunHistory history) {
    return folders.recover(history.checkpoints(), history.committed());
  }

  void prepare(SaveAttempt attempt) {
    answer(attempt, () -> new Event.CheckpointPrepared(attempt, folders.prepare(attempt)));
  }

  void complete(Action.FinalizeCheckpoint request) {
    answer(
        request.attempt(),
        () -> {
          CommittedCheckpoint checkpoint =
              folders.complete(request.attempt(), request.files(), request.last());
          folders.discardLeftOvers();
          return new Event.CheckpointCommitted(request.attempt(), checkpoint);
        });
  }

  void choose(List<CommittedCheckpoint> newestFirst) {
    thread.execute(() -> {
      Event answer;
      try {
        CheckpointFolders.Choice choice = folders.firstUsable(newestFirst);
        answer = new Event.CheckpointChosen(choice.usable(), choice.problems());
      } catch (RuntimeException error) {
        answer = new Event.Aborted("can't look for a checkpoint to go back to: " + describe(error));
      }
      answers.accept(answer);
    });
  }

  void discard(SaveAttempt attempt) {
    thread.execute(() -> tidy(() -> folders.discard(attempt)));
  }

  /** Waits until everything asked so far is done, and removes what earlier attempts left. */
  void finish() {
    CompletableFuture.runAsync(() -> tidy(folders::discardLeftOvers), thread).join();
  }

  @Override
  public void close() {
    thread.close();
  }

  private void answer(SaveAttempt attempt, Supplier<Event> work) {
    thread.execute(() -> {
      Event answer;
      try {
        answer = work.get();
      } catch (RuntimeException error) {
        answer = new Event.CheckpointFailed(attempt, describe(error));
      }
      answers.accept(answer);
    });
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
