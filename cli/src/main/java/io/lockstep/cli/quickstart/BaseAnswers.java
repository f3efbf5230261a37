package io.lockstep.cli.quickstart;

import io.lockstep.cli.console.Progress;
import io.lockstep.client.AnswerSettings;
import io.lockstep.client.GatewayClient;
import io.lockstep.client.GatewayException;
import io.lockstep.client.PictureFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What a model that has not learned the task says about pictures. Such a model may end an answer
 * before it begins, so each picture is a request of its own: that one has no answer, the others do.
 */
final class BaseAnswers {

  /** Stands where the model gave no answer. */
  static final String NONE = "(no answer)";

  /** Requests under way at once, so that the gateway can put them into batches. */
  private static final int REQUESTS = 16;

  private static final int NEW_TOKENS = 256;

  private BaseAnswers() {}

  /** An answer for every picture, in the same order. */
  static List<String> ask(GatewayClient client, List<Path> pictures) {
    AtomicInteger answered = new AtomicInteger();
    try (ExecutorService requests = Executors.newFixedThreadPool(REQUESTS);
        Progress progress = new Progress("      Stage-A", pictures.size(), "pictures", 1)) {
      List<Future<String>> pending = new ArrayList<>();
      for (Path picture : pictures) {
        pending.add(
            requests.submit(() -> {
              String answer = ask(client, picture);
              progress.update(answered.incrementAndGet(), "");
              return answer;
            }));
      }
      List<String> answers = new ArrayList<>();
      for (Future<String> answer : pending) {
        answers.add(result(answer));
      }
      return answers;
    }
  }

  private static String ask(GatewayClient client, Path picture) {
    try {
      // A model that has not learned when to end goes on to the limit.
      return client
          .summarize(
              List.of(new PictureFile(picture.toString(), picture)),
              AnswerSettings.greedy(NEW_TOKENS),
              _ -> {})
          .getFirst()
          .text();
    } catch (GatewayException.NoAnswer e) {
      return NONE;
    }
  }

  private static String result(Future<String> answer) {
    try {
      return answer.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while the base model was asked", e);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof RuntimeException cause
          ? cause
          : new IllegalStateException("the base model could not be asked", e);
    }
  }
}
