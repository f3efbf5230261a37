package io.lockstep.gateway.rpc;

import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.lockstep.gateway.serving.CallTrace;
import io.lockstep.operations.trace.TraceContext;
import java.util.Optional;

/** Reads of which trace a call is a part. */
final class TraceParents implements ServerInterceptor {

  private static final Metadata.Key<String> KEY =
      Metadata.Key.of(TraceContext.HEADER, Metadata.ASCII_STRING_MARSHALLER);

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    Optional<TraceContext> parent =
        Optional.ofNullable(headers.get(KEY)).flatMap(TraceContext::parse);
    return parent.isEmpty()
        ? next.startCall(call, headers)
        : Contexts.interceptCall(CallTrace.with(parent), call, headers, next);
  }
}
