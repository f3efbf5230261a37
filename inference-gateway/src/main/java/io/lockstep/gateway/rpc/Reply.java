package io.lockstep.gateway.rpc;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.lockstep.gateway.serving.Job;
import java.util.ArrayList;
import java.util.List;

/**
 * The answering side of one call, safe for use by several threads: ends once, and cancels the jobs
 * that work for it when it fails or its client goes away.
 */
final class Reply<T> {

  private final ServerCallStreamObserver<T> observer;
  private final List<Job> jobs = new ArrayList<>();
  private boolean ended;

  /** To be made before the call's method returns. */
  Reply(StreamObserver<T> observer) {
    this.observer = (ServerCallStreamObserver<T>) observer;
    this.observer.setOnCancelHandler(this::abandon);
  }

  /** Ties jobs to this call; false if the call has ended and they must not be started. */
  synchronized boolean own(List<Job> more) {
    if (!ended) {
      jobs.addAll(more);
    }
    return !ended;
  }

  /** The job is done: nothing is left to cancel. */
  synchronized void done(Job job) {
    jobs.remove(job);
  }

  synchronized void send(T message) {
    if (!ended) {
      observer.onNext(message);
    }
  }

  synchronized void complete() {
    if (!ended) {
      ended = true;
      observer.onCompleted();
    }
  }

  synchronized void fail(Throwable failure) {
    if (!ended) {
      abandon();
      observer.onError(failure);
    }
  }

  /** Asks the client's stream for one more message. */
  synchronized void request(int messages) {
    if (!ended) {
      observer.request(messages);
    }
  }

  /** Nobody listens any more. */
  synchronized void abandon() {
    ended = true;
    jobs.forEach(Job::cancel);
    jobs.clear();
  }
}
