package io.lockstep.model.profile;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A profile of some steps, which goes into a file once the last of them is over. Of one thread, the
 * one that computes.
 */
public final class StepProfile implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(StepProfile.class);

  private final @Nullable Wanted wanted;
  private @Nullable Recording recording;
  private boolean written;
  private String name = "lockstep";
  private int process;

  /**
   * What is asked for.
   *
   * @param file the Chrome trace
   * @param steps the steps that are recorded
   */
  public record Wanted(Path file, StepRange steps) {

    /** The same for one of several processes: {@code trace.json} becomes {@code trace.N.json}. */
    public Wanted of(String part) {
      String whole = String.valueOf(file.getFileName());
      int dot = whole.lastIndexOf('.');
      String own =
          dot > 0
              ? whole.substring(0, dot) + "." + part + whole.substring(dot)
              : whole + "." + part;
      return new Wanted(file.resolveSibling(own), steps);
    }
  }

  private StepProfile(@Nullable Wanted wanted) {
    this.wanted = wanted;
  }

  /** A profile of nothing. */
  public static StepProfile off() {
    return new StepProfile(null);
  }

  /** A profile if one is asked for. */
  public static StepProfile of(Optional<Wanted> wanted) {
    return new StepProfile(wanted.orElse(null));
  }

  /**
   * Names the process in the file.
   *
   * @param number of the process, from 0
   */
  public void process(String ownName, int number) {
    name = ownName;
    process = number;
  }

  /** A step is about to begin, and the one before is over with all that follows it. */
  public void step(long number) throws IOException {
    Wanted asked = wanted;
    if (asked == null) {
      return;
    }
    if (!asked.steps().contains(number)) {
      finish();
    } else if (!written) {
      if (recording == null) {
        recording = Recording.start();
      }
      recording.step(number);
    }
  }

  /** Ends what is being recorded, and writes it. */
  private void finish() throws IOException {
    Recording ended = recording;
    if (ended == null || wanted == null) {
      return;
    }
    recording = null;
    written = true;
    Recording.Result result = ended.stop();
    Path file = wanted.file();
    ChromeTrace.write(file, result, name, process);
    LOG.info("wrote a profile of steps {}: {}", wanted.steps(), file);
    if (result.dropped() > 0) {
      LOG.warn(
          "{} has the first events alone, {} are left out: profile fewer steps",
          file,
          result.dropped());
    }
  }

  @Override
  public void close() throws IOException {
    finish();
    if (wanted != null && !written) {
      LOG.warn("no profile was written: none of steps {} was computed", wanted.steps());
    }
  }
}
