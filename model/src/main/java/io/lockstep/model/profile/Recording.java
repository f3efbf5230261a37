package io.lockstep.model.profile;

import io.lockstep.tensor.Span;
import io.lockstep.tensor.Spans;
import io.lockstep.tensor.TorchProfile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Notes what this process does, and which of libtorch's operators the calling thread runs, until
 * {@link #stop}, which the same thread calls. A process has one at a time.
 */
public final class Recording {

  /** Some 100 MB of a trace, and as much of memory. */
  private static final int MOST = 500_000;

  private final Spans spans;
  private final Path file;
  private final TorchProfile torch;

  private Recording(Spans spans, Path file, TorchProfile torch) {
    this.spans = spans;
    this.file = file;
    this.torch = torch;
  }

  /**
   * What was noted.
   *
   * @param thread name of the thread whose operators they are
   * @param spans noted by our own code, on any thread
   * @param operators of libtorch, in the order in which they began
   * @param dropped how many spans and operators were too many to keep
   */
  public record Result(
      String thread, List<Span> spans, List<TorchOperator> operators, long dropped) {

    public Result {
      spans = List.copyOf(spans);
      operators = List.copyOf(operators);
    }
  }

  /** Begins. */
  public static Recording start() throws IOException {
    Path file = Files.createTempFile("lockstep-operators-", ".json");
    return new Recording(Spans.start(MOST), file, TorchProfile.start(file));
  }

  /** Names the step that begins. */
  public void step(long number) {
    spans.step(number);
  }

  /** Ends; the recording can't go on. */
  public Result stop() throws IOException {
    try {
      List<Span> noted = spans.stop();
      torch.close();
      List<TorchOperator> all = TorchOperator.read(file, torch.begin());
      List<TorchOperator> kept = all.subList(0, Math.min(MOST, all.size()));
      return new Result(
          Thread.currentThread().getName(),
          noted,
          kept,
          (long) spans.dropped() + all.size() - kept.size());
    } finally {
      Files.delete(file);
    }
  }

  /** What happens while something is computed. */
  public static Result of(Runnable work) {
    try {
      Recording recording = start();
      work.run();
      return recording.stop();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
