package io.lockstep.worker.testing;

import io.lockstep.worker.checkpoint.WrittenFile;
import io.lockstep.worker.protocol.Counts;
import io.lockstep.worker.protocol.Directive;
import io.lockstep.worker.protocol.Directive.Stop;
import io.lockstep.worker.protocol.Session;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A coordinator that gives directives from a script and writes down what it hears. It answers a
 * reduced step with its commit unless told not to, and waits for a checkpoint that it asked for.
 */
public final class FakeCoordinator implements Session {

  public final List<String> heard = Collections.synchronizedList(new ArrayList<>());
  public final List<StepTimes> times = new ArrayList<>();
  public final List<Directive.Commit> commits = new ArrayList<>();
  public final List<Long> replaced = new ArrayList<>();
  public final List<RecordResult> results = new ArrayList<>();
  public final List<WrittenFile> files = new ArrayList<>();

  private final Deque<Directive> script = new ArrayDeque<>();
  private final boolean commitsSteps;
  private CountDownLatch saving = new CountDownLatch(0);
  private @Nullable Consumer<Directive> stopHandler;

  private FakeCoordinator(boolean commitsSteps, Directive... directives) {
    this.commitsSteps = commitsSteps;
    script.addAll(List.of(directives));
  }

  /** Commits every step that is reduced. */
  public static FakeCoordinator committing(Directive... script) {
    return new FakeCoordinator(true, script);
  }

  /** Says nothing but its script. */
  public static FakeCoordinator reciting(Directive... script) {
    return new FakeCoordinator(false, script);
  }

  /** A stop arrives while the worker is busy. */
  public void stopNow(Stop stop) {
    script.addFirst(stop);
    if (stopHandler == null) {
      throw new IllegalStateException("nobody listens for stops");
    }
    stopHandler.accept(stop);
  }

  @Override
  public Directive next() throws InterruptedException {
    saving.await();
    Directive next = script.poll();
    if (next instanceof Directive.SaveCheckpoint) {
      saving = new CountDownLatch(1);
    }
    if (next == null) {
      throw new IllegalStateException("the script has no further directive");
    }
    return next;
  }

  @Override
  public void onInterruption(Consumer<Directive> handler) {
    stopHandler = handler;
  }

  @Override
  public void describeHoldings(Supplier<List<Holding>> holdings) {}

  @Override
  public void broken(long generation, int peer, String what) {
    heard.add("broken " + generation);
  }

  @Override
  public void stalled(long generation, int peer, String what) {
    heard.add("stalled " + generation);
  }

  @Override
  public void leaving(String reason) {
    heard.add("leaving");
  }

  @Override
  public void activity(long generation, String what) {}

  @Override
  public void loaded() {}

  @Override
  public void ready(long generation) {
    heard.add("ready " + generation);
  }

  @Override
  public void reduced(
      long generation, long step, List<Contribution> contributions, List<BucketFigures> buckets) {
    heard.add("reduced " + step);
    replaced.add(contributions.stream().mapToLong(each -> each.replaced().size()).sum());
    if (commitsSteps) {
      Directive.Commit commit = commit(generation, step, contributions, buckets);
      commits.add(commit);
      script.addFirst(commit);
    }
  }

  private static Directive.Commit commit(
      long generation, long step, List<Contribution> contributions, List<BucketFigures> buckets) {
    long tokens = contributions.stream().mapToLong(Contribution::tokens).sum();
    double squares = buckets.stream().mapToDouble(BucketFigures::squareSum).sum();
    int digest = 0;
    for (BucketFigures bucket : buckets) {
      digest = 31 * digest + bucket.crc32c();
    }
    return new Directive.Commit(
        generation,
        step,
        tokens,
        contributions.stream().mapToDouble(Contribution::lossSum).sum(),
        contributions.stream().mapToLong(Contribution::correctTokens).sum(),
        Math.sqrt(squares) / tokens,
        digest,
        List.of(),
        List.of(),
        contributions.stream().map(Contribution::counts).reduce(Counts.NONE, Counts::plus));
  }

  @Override
  public void applied(long generation, long step) {
    heard.add("applied " + step);
  }

  @Override
  public void evaluated(long generation, long steps, int firstRecord, List<RecordResult> found) {
    heard.add("evaluated " + steps + " from record " + firstRecord);
    results.addAll(found);
  }

  @Override
  public void checkpointPart(long generation, long steps, List<WrittenFile> written) {
    heard.add("checkpoint " + steps);
    files.addAll(written);
    saving.countDown();
  }

  @Override
  public void failed(String message) {
    heard.add("failed " + message);
  }

  @Override
  public void times(StepTimes stepTimes) {
    times.add(stepTimes);
  }
}
