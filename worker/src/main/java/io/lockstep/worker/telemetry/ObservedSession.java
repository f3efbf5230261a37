package io.lockstep.worker.telemetry;

import io.lockstep.worker.checkpoint.WrittenFile;
import io.lockstep.worker.protocol.Directive;
import io.lockstep.worker.protocol.Session;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** A session whose words are overheard. */
record ObservedSession(Session session, WorkerTelemetry worker) implements Session {

  @Override
  public Directive next() throws InterruptedException {
    worker.waits();
    Directive directive = session.next();
    worker.heard(directive);
    return directive;
  }

  @Override
  public void onInterruption(Consumer<Directive> handler) {
    session.onInterruption(directive -> {
      worker.announced(directive);
      handler.accept(directive);
    });
  }

  @Override
  public void describeHoldings(Supplier<List<Holding>> holdings) {
    session.describeHoldings(holdings);
  }

  @Override
  public void activity(long generation, String what) {
    worker.begins(what);
    session.activity(generation, what);
  }

  @Override
  public void loaded() {
    worker.loaded();
    session.loaded();
  }

  @Override
  public void ready(long generation) {
    worker.ready(generation);
    session.ready(generation);
  }

  @Override
  public void reduced(
      long generation, long step, List<Contribution> contributions, List<BucketFigures> buckets) {
    worker.reduced();
    session.reduced(generation, step, contributions, buckets);
  }

  @Override
  public void applied(long generation, long step) {
    worker.applied(step);
    session.applied(generation, step);
  }

  @Override
  public void evaluated(long generation, long steps, int firstRecord, List<RecordResult> results) {
    session.evaluated(generation, steps, firstRecord, results);
  }

  @Override
  public void checkpointPart(long generation, long steps, List<WrittenFile> files) {
    worker.saved(generation, steps);
    session.checkpointPart(generation, steps, files);
  }

  @Override
  public void broken(long generation, int peer, String what) {
    worker.broken();
    session.broken(generation, peer, what);
  }

  @Override
  public void stalled(long generation, int peer, String what) {
    worker.waitsForPeer(what);
    session.stalled(generation, peer, what);
  }

  @Override
  public void leaving(String reason) {
    session.leaving(reason);
  }

  @Override
  public void failed(String message) {
    session.failed(message);
  }

  @Override
  public void times(StepTimes times) {
    worker.stepTook(times);
    session.times(times);
  }
}
