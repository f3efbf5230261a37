package io.lockstep.gateway.rpc;

import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpObject;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.stream.StreamMessage;
import com.linecorp.armeria.common.stream.SubscriptionOption;
import io.grpc.StatusRuntimeException;
import io.netty.util.concurrent.EventExecutor;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;

/**
 * A request's stream whose bytes are counted as they come, however it is read. (The library's own
 * filters are applied to what was collected, once all of it is there.)
 */
record CountedStream(HttpRequest request, ArrivalLimit.Holding holding)
    implements StreamMessage<HttpObject> {

  @Override
  public boolean isOpen() {
    return request.isOpen();
  }

  @Override
  public boolean isEmpty() {
    return request.isEmpty();
  }

  @Override
  public long demand() {
    return request.demand();
  }

  @Override
  public CompletableFuture<Void> whenComplete() {
    return request.whenComplete();
  }

  @Override
  public void subscribe(
      Subscriber<? super HttpObject> subscriber,
      EventExecutor executor,
      SubscriptionOption... options) {
    request.subscribe(
        new Counting(subscriber, holding, MessageLengths.of(request.headers())), executor, options);
  }

  @Override
  public void abort() {
    request.abort();
  }

  @Override
  public void abort(Throwable cause) {
    request.abort(cause);
  }

  /** Passes on what there is room for, and ends the stream at what there is none for. */
  private static final class Counting implements Subscriber<HttpObject> {
    private final Subscriber<? super HttpObject> subscriber;
    private final ArrivalLimit.Holding holding;
    private final MessageLengths lengths;
    private @Nullable Subscription subscription;
    private boolean refused;

    Counting(
        Subscriber<? super HttpObject> subscriber,
        ArrivalLimit.Holding holding,
        MessageLengths lengths) {
      this.subscriber = subscriber;
      this.holding = holding;
      this.lengths = lengths;
    }

    @Override
    public void onSubscribe(Subscription given) {
      subscription = given;
      subscriber.onSubscribe(given);
    }

    @Override
    public void onNext(HttpObject object) {
      if (object instanceof HttpData data && !hasRoom(data)) {
        data.close();
      } else {
        subscriber.onNext(object);
      }
    }

    private boolean hasRoom(HttpData data) {
      if (refused) {
        return false;
      }
      try {
        lengths.begun(data).forEach(holding::announced);
        holding.arrived(data.length());
        return true;
      } catch (StatusRuntimeException exhausted) {
        refused = true;
        Subscription present = subscription;
        if (present != null) {
          present.cancel();
        }
        subscriber.onError(exhausted);
        return false;
      }
    }

    @Override
    public void onError(Throwable failure) {
      if (!refused) {
        subscriber.onError(failure);
      }
    }

    @Override
    public void onComplete() {
      if (!refused) {
        subscriber.onComplete();
      }
    }
  }
}
