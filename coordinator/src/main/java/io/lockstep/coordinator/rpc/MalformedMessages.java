package io.lockstep.coordinator.rpc;

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
    return new SimpleForwardingServerCallListener<>(next.startCall(call, headers)) {
      private boolean ended;

      @Override
      public void onMessage(Q message) {
        if (ended) {
          return;
        }
        try {
          super.onMessage(message);
        } catch (StatusRuntimeException malformed) {
          ended = true;
          call.close(
              Status.INVALID_ARGUMENT.withDescription("the message is not one of this method"),
              new Metadata());
          // Whoever answers learns that nothing follows.
          super.onCancel();
        }
      }

      @Override
      public void onHalfClose() {
        if (!ended) {
          super.onHalfClose();
        }
      }

      @Override
      public void onReady() {
        if (!ended) {
          super.onReady();
        }
      }

      @Override
      public void onCancel() {
        if (!ended) {
          super.onCancel();
        }
      }

      @Override
      public void onComplete() {
        if (!ended) {
          super.onComplete();
        }
      }
    };
  }
}
