package io.lockstep.cli.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.Status;
import io.lockstep.client.AnswerSettings;
import io.lockstep.client.ClientOptions;
import io.lockstep.client.GatewayClient;
import io.lockstep.client.GatewayException;
import io.lockstep.client.RetryPolicy;
import io.lockstep.data.conversation.Conversation;
import io.lockstep.data.conversation.Message;
import io.lockstep.data.conversation.Role;
import io.lockstep.security.Endpoint;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A gateway that is asked to end while it answers. */
class EndedGatewayTest {

  private static final Path MODEL = Path.of("..", "base-model").toAbsolutePath().normalize();
  private static final Conversation QUESTION =
      new Conversation(List.of(Message.text(Role.USER, "hello")));

  /** An answer that takes longer than it takes a process to hear a signal. */
  private static final AnswerSettings LONG =
      new AnswerSettings(300, 300, AnswerSettings.Sampling.GREEDY, false);

  @TempDir private Path folder;

  @Test
  void itAnswersWhatItHasTakenAndTakesNothingMore() throws Exception {
    try (Launched gateway =
        Launched.start(folder, "gateway", "start", "--model", MODEL.toString(), "--port", "0")) {
      String listens = gateway.awaitLine("gateway listens on ");
      Endpoint where = Endpoint.parse(listens.substring(listens.lastIndexOf(' ') + 1));
      ClientOptions once = ClientOptions.DEFAULT.withRetries(RetryPolicy.NEVER);
      try (GatewayClient first = GatewayClient.connect(where, once);
          GatewayClient second = GatewayClient.connect(where, once)) {
        String whole = first.chat(QUESTION, LONG).text();
        second.model();
        AtomicReference<@Nullable GatewayException> refusal = new AtomicReference<>();
        String told =
            first
                .chat(
                    QUESTION,
                    LONG,
                    piece -> {
                      if (refusal.get() == null) {
                        refusal.set(refusedOnceItEnds(gateway, second));
                      }
                    })
                .text();
        assertEquals(whole, told);
        assertEquals(Status.Code.UNAVAILABLE, Objects.requireNonNull(refusal.get()).code(), told);
      }
      gateway.await();
      gateway.succeeded();
      assertTrue(
          gateway.errors().contains("everything that was asked is answered"), gateway.errors());
    }
  }

  /** Asks the process to end, and once it does, for another answer. */
  private static GatewayException refusedOnceItEnds(Launched gateway, GatewayClient client) {
    gateway.process().destroy();
    while (!gateway.errors().contains("asked to end: no new requests")) {
      pause();
    }
    return assertThrows(
        GatewayException.class,
        () -> {
          // The log says it a moment before it is so.
          while (true) {
            client.chat(QUESTION, AnswerSettings.greedy(1));
          }
        });
  }

  private static void pause() {
    try {
      TimeUnit.MILLISECONDS.sleep(5);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
