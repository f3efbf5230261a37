package io.lockstep.gateway.telemetry;

import io.lockstep.gateway.serving.ModelIdentity;
import io.lockstep.gateway.serving.ServingException;
import io.lockstep.gateway.serving.ServingWatch;
import io.lockstep.operations.Health;
import io.lockstep.operations.ProcessRegistry;
import io.lockstep.operations.Progress;
import io.lockstep.operations.trace.Span;
import io.lockstep.operations.trace.Traces;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What a gateway does, as others see it.
 *
 * <p>As {@link Health}: started once it listens; ready while a checkpoint answers and it isn't
 * draining, as its gRPC health says; live while the thread of the model gets on, by the rule of
 * {@link Progress}. It rests while nobody has asked for anything; signs of progress are texts and
 * batches that end, whatever else is asked for meanwhile.
 */
public final class GatewayTelemetry implements Health, ServingWatch {

  private final Progress progress;
  private final GatewayMetrics metrics;
  private final LongSupplier nanos;
  private volatile Traces traces = Traces.OFF;

  private volatile boolean listening;
  private volatile @Nullable ModelIdentity model;
  private volatile boolean serving;
  private volatile Queue queue = new Queue(0, 0);

  /** Requests that wait, and those that are being answered. */
  record Queue(int waiting, int running) {
    boolean isEmpty() {
      return waiting == 0 && running == 0;
    }
  }

  /** A gateway that begins now, with its metrics registered. */
  public GatewayTelemetry(ProcessRegistry process) {
    this(process, System::nanoTime);
  }

  /** A gateway with a clock that never runs backwards, in nanoseconds. */
  GatewayTelemetry(ProcessRegistry process, LongSupplier nanos) {
    this.nanos = nanos;
    progress = new Progress(nanos, "no requests");
    metrics = new GatewayMetrics(process, this);
  }

  /** Its requests are told there, too. */
  public void tracedBy(Traces told) {
    traces = told;
  }

  Queue queue() {
    return queue;
  }

  /** The model that answers; the last one once it drains. */
  Optional<ModelIdentity> model() {
    return Optional.ofNullable(model);
  }

  // ---- what happens

  @Override
  public void onListening() {
    listening = true;
  }

  @Override
  public void onServing(ModelIdentity newest) {
    model = newest;
    serving = true;
    metrics.swapped();
  }

  @Override
  public void onStopped() {
    serving = false;
  }

  @Override
  public synchronized void onQueue(int waiting, int running) {
    Queue before = queue;
    queue = new Queue(waiting, running);
    if (queue.isEmpty()) {
      progress.rest("no requests");
    } else if (before.isEmpty()) {
      progress.begin("answering requests");
    }
  }

  @Override
  public void onProgress() {
    progress.sign();
  }

  @Override
  public void onRefused(ServingException.Kind why, int requests) {
    metrics.refused(why, requests);
  }

  @Override
  public void onEnd(Ended request) {
    metrics.ended(request);
    if (traces.isOn()) {
      tell(request);
    }
    if (request.ending() instanceof Ending.Answered || request.ending() instanceof Ending.Found) {
      progress.done();
    }
  }

  private void tell(Ended request) {
    long end = nanos.getAsLong();
    Supplier<Span> span = () -> RequestSpan.of(request, end, model());
    request.parent().ifPresentOrElse(parent -> traces.part(parent, span), () -> traces.alone(span));
  }

  @Override
  public void onCheckpointRefused() {
    metrics.checkpointRefused();
  }

  // ---- what is seen

  @Override
  public Condition started() {
    return listening ? Condition.good("listening") : Condition.bad("starting");
  }

  @Override
  public Condition ready() {
    ModelIdentity present = model;
    if (present == null) {
      return Condition.bad(listening ? "no checkpoint is loaded yet" : "starting");
    }
    return serving
        ? Condition.good("serving %s (step %d)".formatted(present.checkpointDir(), present.steps()))
        : Condition.bad("draining or closed");
  }

  @Override
  public Condition live() {
    Queue now = queue;
    Condition thread = progress.condition();
    return new Condition(
        thread.ok(),
        "%d requests wait, %d run: %s".formatted(now.waiting(), now.running(), thread.detail()));
  }
}
