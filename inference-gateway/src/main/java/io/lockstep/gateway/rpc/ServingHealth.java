package io.lockstep.gateway.rpc;

import com.linecorp.armeria.server.healthcheck.SettableHealthChecker;
import io.grpc.BindableService;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.protobuf.services.HealthStatusManager;
import io.lockstep.gateway.serving.Batcher;
import io.lockstep.gateway.serving.ModelIdentity;
import io.lockstep.proto.inference.v1.InferenceGrpc;

/**
 * Health of the gateway, of the server as a whole and of the Inference service by name: SERVING
 * while a model answers, NOT_SERVING before and after.
 */
public final class ServingHealth implements Batcher.Listener {

  private final HealthStatusManager grpc = new HealthStatusManager();
  private final SettableHealthChecker http = new SettableHealthChecker(false);

  public ServingHealth() {
    set(false);
  }

  @Override
  public void onServing(ModelIdentity model) {
    set(true);
  }

  @Override
  public void onStopped() {
    set(false);
  }

  /** The gRPC health service. */
  BindableService service() {
    return grpc.getHealthService();
  }

  /** The same for HTTP. */
  SettableHealthChecker checker() {
    return http;
  }

  private void set(boolean serving) {
    ServingStatus status = serving ? ServingStatus.SERVING : ServingStatus.NOT_SERVING;
    grpc.setStatus(HealthStatusManager.SERVICE_NAME_ALL_SERVICES, status);
    grpc.setStatus(InferenceGrpc.SERVICE_NAME, status);
    http.setHealthy(serving);
  }
}
