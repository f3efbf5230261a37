package io.lockstep.gateway.handoff;

import io.lockstep.data.file.CheckpointManifest;
import io.lockstep.gateway.serving.Batcher;
import io.lockstep.gateway.serving.ServedModel;
import io.lockstep.gateway.serving.ServingException;
import io.lockstep.gateway.serving.ServingWatch;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings checkpoints to the batcher: verified against their manifest, loaded beside the running
 * model, swapped between two batches. Checkpoints are offered by any thread, served by one.
 */
public final class HandOff {

  private static final Logger log = LoggerFactory.getLogger(HandOff.class);

  private final ModelOpener opener;
  private final Batcher batcher;
  private final ServingWatch watch;
  private final Candidates candidates = new Candidates();

  public HandOff(ModelOpener opener, Batcher batcher) {
    this(opener, batcher, ServingWatch.NONE);
  }

  /**
   * A hand-off.
   *
   * @param watch hears of checkpoints that are refused
   */
  public HandOff(ModelOpener opener, Batcher batcher, ServingWatch watch) {
    this.opener = opener;
    this.batcher = batcher;
    this.watch = watch;
  }

  /**
   * Serves the checkpoint in a folder, whether a run of ours wrote it (then its manifest is
   * verified) or not.
   *
   * @throws RuntimeException with one line that says what is wrong with it
   */
  public void serveFolder(Path dir) {
    if (!Files.isDirectory(dir)) {
      throw new ManifestCheck.BrokenCheckpointException(
          dir + " is not a folder; --model takes the folder of a checkpoint");
    }
    boolean hasManifest = Files.exists(dir.resolve(CheckpointManifest.FILE_NAME));
    if (!hasManifest) {
      log.info("{} has no {}: its files are taken as they are", dir, CheckpointManifest.FILE_NAME);
    }
    adopt(dir, hasManifest ? ManifestCheck.verify(dir, Optional.empty()) : 0);
  }

  /** Remembers a checkpoint for the next {@link #serveNewest()}. */
  public void offer(Committed checkpoint) {
    candidates.offer(checkpoint);
  }

  /**
   * Serves the newest sound checkpoint on offer if it is newer than the one being served. A broken
   * one is refused and logged, the running model stays.
   */
  public void serveNewest() {
    for (Optional<Committed> next = candidates.next(); next.isPresent(); next = candidates.next()) {
      Committed checkpoint = next.get();
      try {
        long steps =
            ManifestCheck.verify(checkpoint.dir(), Optional.of(checkpoint.manifestSha256()));
        if (steps != checkpoint.steps()) {
          throw new ManifestCheck.BrokenCheckpointException(
              "its manifest says step %d, the coordinator step %d"
                  .formatted(steps, checkpoint.steps()));
        }
        adopt(checkpoint.dir(), steps);
        candidates.served(checkpoint);
      } catch (ServingException e) {
        log.info("step {} is not served: {}", checkpoint.steps(), e.getMessage());
        return;
      } catch (RuntimeException e) {
        candidates.refused(checkpoint);
        watch.onCheckpointRefused();
        log.error(
            "checkpoint {} of step {} is refused, {}: {}",
            checkpoint.dir(),
            checkpoint.steps(),
            batcher
                .identity()
                .map(now -> "step " + now.steps() + " stays")
                .orElse("nothing is served"),
            e.getMessage());
        log.debug("refused because of", e);
      }
    }
  }

  private void adopt(Path dir, long steps) {
    ServedModel model = opener.open(dir, steps);
    try {
      batcher.swap(model).join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof RuntimeException cause ? cause : e;
    }
    log.info(
        "serving {} (step {}, weights {}, {})",
        dir,
        steps,
        model.identity().weightsSha256(),
        model.identity().alignment().describe());
  }

  /**
   * A checkpoint that a coordinator has committed.
   *
   * @param dir its folder
   * @param steps committed training steps it holds
   * @param manifestSha256 SHA-256 of its manifest, lower-case hexadecimal
   */
  public record Committed(Path dir, long steps, String manifestSha256) {}

  /** Loads a checkpoint for serving. */
  @FunctionalInterface
  public interface ModelOpener {

    /**
     * Loads the checkpoint in a folder.
     *
     * @param steps committed training steps it holds; 0 if no run of ours wrote it
     * @throws RuntimeException with one line that says what is wrong with it
     */
    ServedModel open(Path dir, long steps);
  }
}
