package io.lockstep.gateway.rpc;

import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.RequestContext;
import com.linecorp.armeria.server.HttpService;
import com.linecorp.armeria.server.ServiceRequestContext;
import com.linecorp.armeria.server.SimpleDecoratingHttpService;
import io.grpc.Status;
import io.lockstep.gateway.serving.ByteBudget;
import io.netty.util.AttributeKey;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Bounds the bytes of all requests together, from the first byte to the answer. What doesn't fit is
 * refused while it arrives; who stops in the middle of a message is not waited for.
 */
final class ArrivalLimit extends SimpleDecoratingHttpService {

  private static final AttributeKey<Holding> HOLDING =
      AttributeKey.valueOf(ArrivalLimit.class, "HOLDING");

  /** What a message may inflate to is set aside before it comes. */
  private static final String ENCODING = "grpc-encoding";

  private final ByteBudget budget;
  private final Duration timeout;

  /**
   * @param timeout longest silence in the middle of a message
   */
  ArrivalLimit(HttpService delegate, ByteBudget budget, Duration timeout) {
    super(delegate);
    this.budget = budget;
    this.timeout = timeout;
  }

  /** What the request of the calling thread holds. */
  static Optional<Holding> current() {
    return Optional.ofNullable(RequestContext.<RequestContext>currentOrNull())
        .flatMap(context -> Optional.ofNullable(context.attr(HOLDING)));
  }

  @Override
  public HttpResponse serve(ServiceRequestContext context, HttpRequest request) throws Exception {
    Holding holding = new Holding(budget);
    context.setAttr(HOLDING, holding);
    // Armeria tells of the end whatever became of the request.
    var _ = context.log().whenComplete().thenRun(holding::release);
    String encoding = request.headers().get(ENCODING, "identity");
    if (!encoding.equals("identity")) {
      holding.arrived(Inflating.MOST_BYTES);
    }
    watch(context, request, holding);
    HttpRequest counted = request.peekData(data -> holding.arrived(length(data)));
    context.updateRequest(counted);
    return unwrap().serve(context, counted);
  }

  private static long length(HttpData data) {
    return data.length();
  }

  /** Ends a request that is silent in the middle of a message. */
  private void watch(ServiceRequestContext context, HttpRequest request, Holding holding) {
    var _ =
        context
            .eventLoop()
            .withoutContext()
            .schedule(
                () -> {
                  if (request.isComplete()) {
                    return;
                  }
                  if (holding.isSilent()) {
                    request.abort(
                        Status.DEADLINE_EXCEEDED
                            .withDescription(
                                "nothing came for %d s in the middle of a message"
                                    .formatted(timeout.toSeconds()))
                            .asRuntimeException());
                  } else {
                    watch(context, request, holding);
                  }
                },
                timeout.toMillis(),
                TimeUnit.MILLISECONDS);
  }

  /** What one request holds. */
  static final class Holding {
    private final ByteBudget budget;
    private long held;
    private long taken;
    private long arrivals;
    private long lastSeen;
    private boolean ended;

    Holding(ByteBudget budget) {
      this.budget = budget;
    }

    /**
     * More has come.
     *
     * @throws io.grpc.StatusRuntimeException if there is no room for it
     */
    synchronized void arrived(long bytes) {
      if (ended) {
        return;
      }
      if (!budget.tryTake(bytes)) {
        throw Statuses.exhausted(
            "requests of %d bytes are under way and %d more don't fit beside them, at most %d may be; send fewer large pictures at once or retry later"
                .formatted(budget.used(), bytes, budget.capacity()));
      }
      held += bytes;
      arrivals++;
    }

    /** A message of so many bytes is complete. */
    synchronized void taken(long bytes) {
      taken += bytes;
    }

    /** A message of so many bytes is answered. */
    synchronized void answered(long bytes) {
      long given = Math.min(bytes, held);
      held -= given;
      taken -= bytes;
      budget.give(given);
    }

    /** Whether part of a message is there and nothing has come since this was last asked. */
    private synchronized boolean isSilent() {
      boolean silent = arrivals == lastSeen && held > taken;
      lastSeen = arrivals;
      return silent;
    }

    private synchronized void release() {
      ended = true;
      budget.give(held);
      held = 0;
    }
  }
}
