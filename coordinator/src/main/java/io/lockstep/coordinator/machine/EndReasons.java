package io.lockstep.coordinator.machine;

import java.nio.file.Path;
import java.util.Optional;

/** Why a run ended, in words that name the worker, the place and what to do. */
final class EndReasons {

  private EndReasons() {}

  /**
   * Where a worker stood when it went.
   *
   * @param worker its name and rank
   * @param activity what it last did
   * @param step the step that was under way, which is the number of committed steps
   * @param checkpoint folder of the newest checkpoint
   */
  record Place(
      String worker, String activity, long generation, long step, Optional<Path> checkpoint) {}

  /** A worker said that it can't go on. */
  static String failed(Place place, String message) {
    return "worker %s failed in generation %d at step %d: %s; it last did: %s; %s"
        .formatted(
            place.worker(),
            place.generation(),
            place.step(),
            message,
            place.activity(),
            advice(place.checkpoint()));
  }

  /** What to go on from. */
  static String advice(Optional<Path> checkpoint) {
    return checkpoint
        .map(dir -> "continue from checkpoints/" + dir.getFileName())
        .orElse("no checkpoint was saved yet: start the run again");
  }
}
