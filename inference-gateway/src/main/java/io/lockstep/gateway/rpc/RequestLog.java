package io.lockstep.gateway.rpc;

import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.grpc.protocol.GrpcHeaderNames;
import com.linecorp.armeria.server.HttpService;
import com.linecorp.armeria.server.ServiceRequestContext;
import com.linecorp.armeria.server.SimpleDecoratingHttpService;
import io.grpc.Status;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A line of log per request: who asked for what, its size, its time, its outcome. */
final class RequestLog extends SimpleDecoratingHttpService {

  private static final Logger log = LoggerFactory.getLogger(RequestLog.class);

  RequestLog(HttpService delegate) {
    super(delegate);
  }

  @Override
  public HttpResponse serve(ServiceRequestContext context, HttpRequest request) throws Exception {
    var _ =
        context
            .log()
            .whenComplete()
            .thenAccept(done ->
                log.info(
                    "{} from {}: {} bytes in, {} out, {} ms, {}",
                    context.path(),
                    context.remoteAddress(),
                    done.requestLength(),
                    done.responseLength(),
                    Duration.ofNanos(done.totalDurationNanos()).toMillis(),
                    outcome(
                        done.responseTrailers().get(GrpcHeaderNames.GRPC_STATUS),
                        done.responseHeaders().get(GrpcHeaderNames.GRPC_STATUS),
                        done.responseHeaders().status(),
                        done.responseCause())));
    return unwrap().serve(context, request);
  }

  private static String outcome(
      @Nullable String trailer,
      @Nullable String header,
      HttpStatus http,
      @Nullable Throwable failure) {
    String code = trailer != null ? trailer : header;
    if (code != null) {
      return Status.fromCodeValue(Integer.parseInt(code)).getCode().toString();
    }
    return failure == null ? http.toString() : "the client has gone";
  }
}
