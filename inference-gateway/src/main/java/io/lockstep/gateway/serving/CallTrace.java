package io.lockstep.gateway.serving;

import io.grpc.Context;
import io.lockstep.operations.trace.TraceContext;
import java.util.Optional;

/** The trace that the call which is being answered is a part of. */
public final class CallTrace {

  private static final Context.Key<Optional<TraceContext>> KEY =
      Context.keyWithDefault("traceparent", Optional.empty());

  private CallTrace() {}

  /** That of the current call; empty if its caller named none. */
  static Optional<TraceContext> current() {
    return KEY.get();
  }

  /** The current context with a call's trace. */
  public static Context with(Optional<TraceContext> parent) {
    return Context.current().withValue(KEY, parent);
  }
}
