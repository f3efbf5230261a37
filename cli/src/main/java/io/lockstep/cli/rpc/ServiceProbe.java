package io.lockstep.cli.rpc;

import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.grpc.reflection.v1.ServerReflectionResponse;
import io.grpc.reflection.v1.ServiceResponse;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Asks any gRPC server what it serves and whether it is well, as grpcurl would. */
public final class ServiceProbe implements AutoCloseable {

  private static final long TIMEOUT_SECONDS = 10;

  private final Endpoint endpoint;
  private final ManagedChannel channel;

  public ServiceProbe(Endpoint endpoint) {
    this.endpoint = endpoint;
    this.channel = endpoint.connect();
  }

  /** Full names of the services that the reflection service lists, in alphabetical order. */
  public List<String> services() {
    ServerReflectionRequest request =
        ServerReflectionRequest.newBuilder().setListServices("").build();
    try {
      List<ServerReflectionResponse> answers =
          Window.<ServerReflectionRequest, ServerReflectionRequest, ServerReflectionResponse>
              exchange(
                  List.of(request),
                  item -> item,
                  1,
                  ServerReflectionGrpc.newStub(channel)
                          .withDeadlineAfter(TIMEOUT_SECONDS, TimeUnit.SECONDS)
                      ::serverReflectionInfo,
                  answer -> {});
      return answers.stream()
          .flatMap(answer -> answer.getListServicesResponse().getServiceList().stream())
          .map(ServiceResponse::getName)
          .sorted()
          .toList();
    } catch (StatusRuntimeException e) {
      throw RpcErrors.of("reflection service", endpoint, e);
    }
  }

  /** The health service's word on the whole server, for example {@code SERVING}. */
  public String health() {
    try {
      return HealthGrpc.newBlockingStub(channel)
          .withDeadlineAfter(TIMEOUT_SECONDS, TimeUnit.SECONDS)
          .check(HealthCheckRequest.getDefaultInstance())
          .getStatus()
          .name();
    } catch (StatusRuntimeException e) {
      throw RpcErrors.of("health service", endpoint, e);
    }
  }

  @Override
  public void close() {
    channel.shutdownNow();
  }
}
