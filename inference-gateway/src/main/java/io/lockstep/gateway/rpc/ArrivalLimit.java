package io.lockstep.gateway.rpc;

import com.linecorp.armeria.common.ExchangeType;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.RequestContext;
import com.linecorp.armeria.server.HttpService;
import com.linecorp.armeria.server.RoutingContext;
import com.linecorp.armeria.server.ServiceRequestContext;
import com.linecorp.armeria.server.SimpleDecoratingHttpService;
import io.grpc.Status;
import io.lockstep.gateway.serving.ByteBudget;
import io.netty.util.AttributeKey;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/**
 * Bounds the bytes of all requests together, from the first byte to the answer. Room for a message
 * is taken when its length is known, which is with its first bytes: of many that come at once as
 * many as fit are answered, and the others are refused before they have come. Who stops in the
 * middle of a message, or sends it too slowly, is not waited for.
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

  /**
   * Every request is given to this limit while it arrives. Those of methods that take one message
   * would be given to it complete, when all of their bytes are there already.
   */
  @Override
  public ExchangeType exchangeType(RoutingContext routing) {
    return ExchangeType.BIDI_STREAMING;
  }

  @Override
  public HttpResponse serve(ServiceRequestContext context, HttpRequest request) throws Exception {
    Holding holding = new Holding(budget);
    context.setAttr(HOLDING, holding);
    // Armeria tells of the end whatever became of the request.
    var _ = context.log().whenComplete().thenRun(holding::release);
    String encoding = request.headers().get(ENCODING, "identity");
    if (!encoding.equals("identity")) {
      holding.take(Inflating.MOST_BYTES);
    }
    watch(context, request, holding);
    HttpRequest counted = HttpRequest.of(request.headers(), new CountedStream(request, holding));
    context.updateRequest(counted);
    return unwrap().serve(context, counted);
  }

  /**
   * Ends a request that is silent in the middle of a message. What waits holds the whole request
   * and goes with it.
   */
  private void watch(ServiceRequestContext context, HttpRequest request, Holding holding) {
    ScheduledFuture<?> watch =
        context
            .eventLoop()
            .withoutContext()
            .scheduleWithFixedDelay(
                () -> {
                  holding
                      .tooSlow(timeout)
                      .ifPresent(why ->
                          request.abort(
                              Status.DEADLINE_EXCEEDED.withDescription(why).asRuntimeException()));
                },
                timeout.toMillis(),
                timeout.toMillis(),
                TimeUnit.MILLISECONDS);
    var _ = request.whenComplete().whenComplete((arrived, failure) -> watch.cancel(false));
    var _ = context.log().whenComplete().thenRun(() -> watch.cancel(false));
  }

  /** What one request holds. */
  static final class Holding {
    /** Requests that hold as much leave a share of the room to smaller ones. */
    private static final int LARGE = 1 << 20;

    private static final int SHARE_OF_SMALL = 8;

    /** Slowest arrival of a message, in bytes per second, after the timeout. */
    private static final long SLOWEST = 256 << 10;

    private final ByteBudget budget;
    private long held;
    private long missing;
    private long announced;
    private long begun;
    private long arrivals;
    private long lastSeen;
    private boolean ended;

    Holding(ByteBudget budget) {
      this.budget = budget;
    }

    /**
     * A message of so many bytes begins.
     *
     * @throws io.grpc.StatusRuntimeException if there is no room for it
     */
    synchronized void announced(long bytes) {
      take(bytes);
      announced = bytes;
      missing += bytes;
      begun = System.nanoTime();
    }

    /** So many bytes of what was announced have come. */
    synchronized void arrived(long bytes) {
      missing -= bytes;
      arrivals++;
    }

    /**
     * Takes room for more.
     *
     * @throws io.grpc.StatusRuntimeException if there is none
     */
    synchronized void take(long bytes) {
      if (ended) {
        return;
      }
      long left = held + bytes < LARGE ? 0 : budget.capacity() / SHARE_OF_SMALL;
      if (!budget.tryTake(bytes, left)) {
        throw Statuses.exhausted(
            "requests of %d bytes are under way and %d more don't fit beside them, at most %d may be; send fewer large pictures at once or retry later"
                .formatted(budget.used(), bytes, budget.capacity() - left));
      }
      held += bytes;
    }

    /** A message of so many bytes is answered. */
    synchronized void answered(long bytes) {
      long given = Math.min(bytes, held);
      held -= given;
      budget.give(given);
    }

    /** Why the rest of a message is not waited for, if so; to be asked once a while. */
    synchronized Optional<String> tooSlow(Duration timeout) {
      boolean silent = arrivals == lastSeen;
      lastSeen = arrivals;
      if (missing <= 0) {
        return Optional.empty();
      }
      if (silent) {
        return Optional.of(
            "nothing came for %d s in the middle of a message".formatted(timeout.toSeconds()));
      }
      Duration most = timeout.plusSeconds(announced / SLOWEST);
      return System.nanoTime() - begun > most.toNanos()
          ? Optional.of(
              "a message of %d bytes took longer than %d s, which is less than %d KiB/s"
                  .formatted(announced, most.toSeconds(), SLOWEST >> 10))
          : Optional.empty();
    }

    private synchronized void release() {
      ended = true;
      budget.give(held);
      held = 0;
    }
  }
}
