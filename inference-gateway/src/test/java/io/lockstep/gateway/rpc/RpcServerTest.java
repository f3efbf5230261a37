package io.lockstep.gateway.rpc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.server.ServiceRequestContext;
import io.grpc.Metadata;
import io.grpc.Status;
import org.junit.jupiter.api.Test;

/** What clients are told of failures that no service has turned into a status. */
class RpcServerTest {

  private final Metadata trailers = new Metadata();

  private Status told(Throwable failure) {
    ServiceRequestContext context =
        ServiceRequestContext.of(HttpRequest.of(HttpMethod.POST, "/a.Service/Method"));
    return RpcServer.failed(context, Status.UNKNOWN, failure, trailers);
  }

  @Test
  void aShortageOfMemoryIsExhaustionWithATimeToAskAgain() {
    Status status = told(new IllegalStateException(new OutOfMemoryError("Java heap space")));
    assertEquals(Status.Code.RESOURCE_EXHAUSTED, status.getCode());
    assertTrue(trailers.keys().contains("grpc-status-details-bin"), trailers.toString());
  }

  @Test
  void aFullMetaspaceIsAnErrorOfTheServer() {
    assertEquals(Status.Code.INTERNAL, told(new OutOfMemoryError("Metaspace")).getCode());
  }

  @Test
  void whateverElseFailsIsAnErrorOfTheServer() {
    assertEquals(Status.Code.INTERNAL, told(new IllegalStateException("a bug")).getCode());
  }
}
