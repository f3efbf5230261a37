package io.lockstep.coordinator.rpc;

import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.lockstep.security.ConnectionCount;
import java.net.InetSocketAddress;

/** Where the call that is being answered comes from. */
final class Caller {

  private static final Context.Key<String> ADDRESS =
      Context.keyWithDefault("caller", "an unknown address");

  private Caller() {}

  /** HOST:PORT of the current call's other end. */
  static String address() {
    return ADDRESS.get();
  }

  /** Keeps each call's address while its method runs. */
  static final class Interceptor implements ServerInterceptor {
    private final ConnectionCount connections;

    Interceptor(ConnectionCount connections) {
      this.connections = connections;
    }

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
      Context context = Context.current();
      if (call.getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR)
          instanceof InetSocketAddress remote) {
        connections.called(remote);
        context = context.withValue(ADDRESS, remote.getHostString() + ":" + remote.getPort());
      }
      return Contexts.interceptCall(context, call, headers, next);
    }
  }
}
