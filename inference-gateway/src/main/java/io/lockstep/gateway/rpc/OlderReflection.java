package io.lockstep.gateway.rpc;

import io.grpc.BindableService;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.InternalServer;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Reflection under the name that it had before version 1 and that many clients still ask for. The
 * messages are the same on the wire; Armeria takes one reflection service alone, so this one is
 * given its list of services here.
 */
final class OlderReflection {

  private static final String NAME = "grpc.reflection.v1alpha.ServerReflection";

  private OlderReflection() {}

  static ServerServiceDefinition of(List<BindableService> others) {
    BindableService current = ProtoReflectionServiceV1.newInstance();
    ServerServiceDefinition renamed = renamed(current.bindService());
    Server server = new Listed(others.stream().map(BindableService::bindService).toList());
    return ServerInterceptors.intercept(
        renamed,
        new ServerInterceptor() {
          @Override
          public <Q, R> ServerCall.Listener<Q> interceptCall(
              ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
            return Contexts.interceptCall(
                Context.current().withValue(InternalServer.SERVER_CONTEXT_KEY, server),
                call,
                headers,
                next);
          }
        });
  }

  private static ServerServiceDefinition renamed(ServerServiceDefinition current) {
    ServerServiceDefinition.Builder older = ServerServiceDefinition.builder(NAME);
    for (ServerMethodDefinition<?, ?> method : current.getMethods()) {
      older.addMethod(renamed(method));
    }
    return older.build();
  }

  private static <Q, R> ServerMethodDefinition<Q, R> renamed(ServerMethodDefinition<Q, R> method) {
    MethodDescriptor<Q, R> descriptor = method.getMethodDescriptor();
    String name = String.valueOf(descriptor.getBareMethodName());
    return ServerMethodDefinition.create(
        descriptor.toBuilder()
            // The page would look for the older name in the newer file.
            .setSchemaDescriptor(null)
            .setFullMethodName(MethodDescriptor.generateFullMethodName(NAME, name))
            .build(),
        method.getServerCallHandler());
  }

  /** A server of which reflection asks for its services alone. */
  private static final class Listed extends Server {
    private final List<ServerServiceDefinition> services;

    Listed(List<ServerServiceDefinition> services) {
      this.services = services;
    }

    @Override
    public List<ServerServiceDefinition> getServices() {
      return services;
    }

    @Override
    public List<ServerServiceDefinition> getImmutableServices() {
      return services;
    }

    @Override
    public List<ServerServiceDefinition> getMutableServices() {
      return List.of();
    }

    @Override
    public Server start() {
      return this;
    }

    @Override
    public Server shutdown() {
      return this;
    }

    @Override
    public Server shutdownNow() {
      return this;
    }

    @Override
    public boolean isShutdown() {
      return false;
    }

    @Override
    public boolean isTerminated() {
      return false;
    }

    @Override
    public boolean awaitTermination(long timeout, TimeUnit unit) {
      return false;
    }

    @Override
    public void awaitTermination() {}
  }
}
