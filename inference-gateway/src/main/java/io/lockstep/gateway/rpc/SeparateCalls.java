package io.lockstep.gateway.rpc;

import io.grpc.Context;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;

/**
 * One call per question, a window of them at once. Not one stream, because a malformed or missing
 * answer to one question must not end the others'.
 *
 * @param <R> what the gateway responds
 * @param <T> what comes of a question
 */
abstract class SeparateCalls<R, T> {

  private final int questions;
  private final Window window;
  private final Map<Integer, T> outcomes = new ConcurrentHashMap<>();

  SeparateCalls(int questions, int window) {
    this.questions = questions;
    this.window = new Window(window);
  }

  /** Starts the call of a question. */
  abstract void ask(int index, StreamObserver<R> answer) throws IOException;

  /** What a response says. */
  abstract T outcome(int index, R response);

  /** What a failure says about its question alone; empty if it is about the gateway. */
  abstract Optional<T> outcome(int index, Throwable failure);

  /** What a question is about, for messages. */
  abstract String name(int index);

  /** The outcomes in the order of the questions, or the first failure of a call. */
  final List<T> run() throws Throwable {
    // Closing it cancels what is under way when a call has failed.
    try (Context.CancellableContext context = Context.current().withCancellation()) {
      for (int i = 0; i < questions && window.acquire(); i++) {
        int index = i;
        context.call(() -> {
          ask(index, new Answer(index));
          return true;
        });
      }
      Throwable failure = window.awaitAnswers();
      if (failure != null) {
        throw failure;
      }
    }
    return IntStream.range(0, questions).mapToObj(this::required).toList();
  }

  private T required(int index) {
    T outcome = outcomes.get(index);
    if (outcome == null) {
      throw new IllegalStateException(
          "the gateway ended a call without an answer on " + name(index));
    }
    return outcome;
  }

  private final class Answer implements StreamObserver<R> {
    private final int index;

    Answer(int index) {
      this.index = index;
    }

    @Override
    public void onNext(R response) {
      outcomes.put(index, outcome(index, response));
    }

    @Override
    public void onError(Throwable failure) {
      outcome(index, failure)
          .ifPresentOrElse(
              outcome -> {
                outcomes.put(index, outcome);
                window.release();
              },
              () -> window.fail(failure));
    }

    @Override
    public void onCompleted() {
      window.release();
    }
  }
}
