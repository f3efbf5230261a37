package io.lockstep.gateway.rpc;

import com.google.protobuf.Message;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.lockstep.gateway.serving.Batcher;
import io.lockstep.gateway.serving.Job;
import io.lockstep.gateway.serving.ServingException;
import io.lockstep.model.generate.GenerationOptions;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * A stream of requests, each answered as soon as its answer is complete. The client is asked for a
 * window of messages and then for one more with each answer, so that a stream of any length holds a
 * bounded number of places in the queue. The first failure ends the stream.
 */
final class StreamCall<Q extends Message, R> implements StreamObserver<Q> {

  private final Reply<R> reply;
  private final Batcher batcher;
  private final Function<Q, Requests.Weighed> task;
  private final Function<Q, GenerationOptions> options;
  private final BiFunction<Q, Job.Answer, R> response;
  private final Optional<ArrivalLimit.Holding> holding;
  private int open;
  private boolean halfClosed;

  StreamCall(
      StreamObserver<R> observer,
      int window,
      Batcher batcher,
      Function<Q, Requests.Weighed> task,
      Function<Q, GenerationOptions> options,
      BiFunction<Q, Job.Answer, R> response) {
    ((ServerCallStreamObserver<R>) observer).disableAutoRequest();
    this.reply = new Reply<>(observer);
    this.batcher = batcher;
    this.task = task;
    this.options = options;
    this.response = response;
    this.holding = ArrivalLimit.current();
    reply.request(window);
  }

  @Override
  public void onNext(Q request) {
    InferenceService.guarded(
        reply,
        () -> {
          Job job = task.apply(request).job(options.apply(request), new AnswerSink(request));
          opened();
          if (reply.own(List.of(job))) {
            batcher.submit(List.of(job));
          }
        });
  }

  @Override
  public void onError(Throwable gone) {
    reply.abandon();
  }

  @Override
  public synchronized void onCompleted() {
    halfClosed = true;
    completeIfDone();
  }

  /** Bytes that its arrival took, what frames it included. */
  private static long length(Message request) {
    return (long) MessageLengths.Framed.PREFIX + request.getSerializedSize();
  }

  private synchronized void opened() {
    open++;
  }

  private synchronized void answered() {
    open--;
    completeIfDone();
    reply.request(1);
  }

  private void completeIfDone() {
    if (halfClosed && open == 0) {
      reply.complete();
    }
  }

  private final class AnswerSink implements Job.Sink {
    private final Q request;

    AnswerSink(Q request) {
      this.request = request;
    }

    @Override
    public void onAnswer(Job.Answer answer) {
      InferenceService.guarded(
          reply,
          () -> {
            reply.send(response.apply(request, answer));
            holding.ifPresent(bytes -> bytes.answered(length(request)));
            answered();
          });
    }

    @Override
    public void onFailure(ServingException failure) {
      reply.fail(Statuses.of(failure));
    }
  }
}
