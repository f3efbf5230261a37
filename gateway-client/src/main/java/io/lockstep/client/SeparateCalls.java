package io.lockstep.client;

import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;

/**
 * One call per question, a window of them at once. Not one stream, because a malformed or missing
 * answer to one question must not end the others'.
 */
final class SeparateCalls {

  private SeparateCalls() {}

  /** Asks a question and waits for what comes of it. */
  interface Asking<Q, T> {
    T ask(Q question) throws Exception;
  }

  /**
   * What comes of the questions, in their order; the first failure of a call ends all others.
   *
   * @param listener told of each by the calling thread, as they come
   */
  static <Q, T> List<T> run(
      List<Q> questions, int window, Asking<Q, T> asking, Consumer<T> listener) throws Throwable {
    ExecutorService threads =
        Executors.newFixedThreadPool(window, Thread.ofVirtual().name("gateway-call").factory());
    try {
      var calls = new ExecutorCompletionService<Map.Entry<Integer, T>>(threads);
      for (int i = 0; i < questions.size(); i++) {
        int index = i;
        var _ = calls.submit(() -> Map.entry(index, asking.ask(questions.get(index))));
      }
      SortedMap<Integer, T> outcomes = new TreeMap<>();
      for (int i = 0; i < questions.size(); i++) {
        Map.Entry<Integer, T> done = calls.take().get();
        outcomes.put(done.getKey(), done.getValue());
        listener.accept(done.getValue());
      }
      return List.copyOf(outcomes.values());
    } catch (ExecutionException e) {
      throw e.getCause() == null ? e : e.getCause();
    } finally {
      // Interrupts the calls that are under way, which cancels them.
      threads.shutdownNow();
    }
  }
}
