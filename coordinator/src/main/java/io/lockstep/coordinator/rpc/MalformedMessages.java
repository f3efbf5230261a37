package io.lockstep.coordinator.rpc;

import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;

/**
 * Ends a call whose message can't be read. Left to the library, each such message of a stranger
 * would leave a stack trace in the log.
 */
final class MalformedMessages implements ServerInterceptor {

  private MalformedMessages() {}

  /** The service, whose messages are read where what is wrong with them is caught. */
  static ServerServiceDefinition caught(ServerServiceDefinition service) {
    return ServerInterceptors.intercept(
        ServerInterceptors.useInputStreamMessages(service), new MalformedMessages());
  }

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    EndableCall<Q, A> endable = new EndableCall<>(call);
    return new SimpleForwardingServerCallListener<>(next.startCall(endable, headers)) {

      @Override
      public void onMessage(Q message) {
        if (endable.ended) {
          return;
        }
        try {
          super.onMessage(message);
        } catch (StatusRuntimeException malformed) {
          endable.end();
          // Whoever answers learns that nothing follows.
          super.onCancel();
        }
      }

      @Override
      public void onHalfClose() {
        if (!endable.ended) {
          super.onHalfClose();
        }
      }

      @Override
      public void onReady() {
        if (!endable.ended) {
          super.onReady();
        }
      }

      @Override
      public void onCancel() {
        if (!endable.ended) {
          super.onCancel();
        }
      }

      @Override
      public void onComplete() {
        if (!endable.ended) {
          super.onComplete();
        }
      }
    };
  }

  /** A call to whose service it looks cancelled once it has been ended here. */
  private static final class EndableCall<Q, A> extends SimpleForwardingServerCall<Q, A> {
    private volatile boolean ended;
    private boolean closed;

    EndableCall(ServerCall<Q, A> call) {
      super(call);
    }

    synchronized void end() {
      close(
          Status.INVALID_ARGUMENT.withDescription("the message is not one of this method"),
          new Metadata());
      ended = true;
    }

    @Override
    public boolean isCancelled() {
      return ended || super.isCancelled();
    }

    @Override
    public synchronized void sendHeaders(Metadata headers) {
      if (!ended) {
        super.sendHeaders(headers);
      }
    }

    @Override
    public synchronized void sendMessage(A message) {
      if (!ended) {
        super.sendMessage(message);
      }
    }

    @Override
    public synchronized void close(Status status, Metadata trailers) {
      if (!ended && !closed) {
        closed = true;
        super.close(status, trailers);
      }
    }
  }
}
