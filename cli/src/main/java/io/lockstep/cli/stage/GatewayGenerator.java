package io.lockstep.cli.stage;

import io.grpc.Status;
import io.lockstep.client.AnswerSettings;
import io.lockstep.client.GatewayClient;
import io.lockstep.client.GatewayException;
import io.lockstep.verdict.rollout.Decoding;
import io.lockstep.verdict.rollout.Question;
import io.lockstep.verdict.rollout.Reply;
import io.lockstep.verdict.rollout.TextGenerator;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Asks a gateway, as many questions at once as fill its batches. A question that the gateway can't
 * answer, for it is too long or nothing comes, has no reply; any other failure ends all.
 */
public final class GatewayGenerator implements TextGenerator {

  private static final int AT_ONCE = 32;

  /** What says something of the question and not of the gateway. */
  private static final Set<Status.Code> OF_THE_QUESTION =
      EnumSet.of(
          Status.Code.INVALID_ARGUMENT, Status.Code.FAILED_PRECONDITION, Status.Code.OUT_OF_RANGE);

  private final GatewayClient client;

  /** A generator that asks through a client. */
  public GatewayGenerator(GatewayClient client) {
    this.client = client;
  }

  @Override
  public List<Reply> generate(List<Question> questions) {
    ExecutorService threads =
        Executors.newFixedThreadPool(AT_ONCE, Thread.ofVirtual().name("question").factory());
    try {
      List<Future<Reply>> asked = new ArrayList<>();
      questions.forEach(question -> asked.add(threads.submit(() -> ask(question))));
      List<Reply> replies = new ArrayList<>();
      for (Future<Reply> each : asked) {
        replies.add(each.get());
      }
      return replies;
    } catch (ExecutionException e) {
      if (e.getCause() instanceof GatewayException failure) {
        throw failure;
      }
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while waiting for the gateway", e);
    } finally {
      // Interrupts the calls that are under way, which cancels them.
      threads.shutdownNow();
    }
  }

  private Reply ask(Question question) {
    try {
      return Reply.of(client.chat(question.conversation(), settings(question.decoding())).text());
    } catch (GatewayException e) {
      if (OF_THE_QUESTION.contains(e.code())) {
        return Reply.none(String.valueOf(e.getMessage()));
      }
      throw e;
    }
  }

  private static AnswerSettings settings(Decoding decoding) {
    return new AnswerSettings(
        decoding.maxNewTokens(),
        0,
        new AnswerSettings.Sampling(
            decoding.temperature(),
            decoding.topP(),
            0,
            decoding.repetitionPenalty(),
            decoding.seed()),
        false);
  }
}
