package io.lockstep.cli.rpc;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import io.lockstep.cli.console.UserError;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Sends a list of requests over a bidirectional stream, a bounded number unanswered at any time, and
 * collects the answers as they come.
 */
final class Window<A> implements StreamObserver<A> {

  private final Semaphore free;
  private final int size;
  private final CountDownLatch ended = new CountDownLatch(1);
  private final List<A> answers = new ArrayList<>();
  private final Consumer<A> listener;
  private volatile @Nullable Throwable failure;

  private Window(int size, Consumer<A> listener) {
    this.free = new Semaphore(size);
    this.size = size;
    this.listener = listener;
  }

  /**
   * Returns all answers in the order in which they came.
   *
   * @param open opens the stream, given the observer of its answers
   * @param listener is told of each answer, on a thread of the transport
   * @throws StatusRuntimeException if the stream fails
   */
  static <T, Q, A> List<A> exchange(
      List<T> items,
      Function<T, Q> request,
      int size,
      Function<StreamObserver<A>, StreamObserver<Q>> open,
      Consumer<A> listener) {
    Window<A> window = new Window<>(size, listener);
    StreamObserver<Q> requests = open.apply(window);
    try {
      for (T item : items) {
        window.free.acquire();
        if (window.failure != null) {
          break;
        }
        requests.onNext(request.apply(item));
      }
      if (window.failure == null) {
        requests.onCompleted();
      }
      window.ended.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new UserError("interrupted while waiting for answers", e);
    } catch (RuntimeException e) {
      requests.onError(Status.CANCELLED.withCause(e).asRuntimeException());
      throw e;
    }
    Throwable failure = window.failure;
    if (failure != null) {
      throw Status.fromThrowable(failure).asRuntimeException();
    }
    return window.answers;
  }

  @Override
  public void onNext(A answer) {
    answers.add(answer);
    listener.accept(answer);
    free.release();
  }

  @Override
  public void onError(Throwable throwable) {
    failure = throwable;
    free.release(size);
    ended.countDown();
  }

  @Override
  public void onCompleted() {
    ended.countDown();
  }
}
