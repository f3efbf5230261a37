package io.lockstep.gateway.serving;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.data.conversation.Conversation;
import io.lockstep.data.conversation.Message;
import io.lockstep.data.conversation.Role;
import io.lockstep.gateway.FakeModel;
import io.lockstep.gateway.serving.ServingWatch.Ended;
import io.lockstep.gateway.serving.ServingWatch.Ending;
import io.lockstep.model.generate.GenerationOptions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class BatcherWatchTest {

  private final BlockingQueue<Ended> ended = new LinkedBlockingQueue<>();
  private final BlockingQueue<String> refused = new LinkedBlockingQueue<>();
  private final AtomicInteger signs = new AtomicInteger();
  private volatile String queue = "";

  private final ServingWatch watch =
      new ServingWatch() {
        @Override
        public void onQueue(int waiting, int running) {
          queue = waiting + " wait, " + running + " run";
        }

        @Override
        public void onProgress() {
          signs.incrementAndGet();
        }

        @Override
        public void onRefused(ServingException.Kind why, int requests) {
          refused.add(why + " " + requests);
        }

        @Override
        public void onEnd(Ended request) {
          ended.add(request);
        }
      };

  private final Batcher batcher =
      new Batcher(2, 2, new ServingMemory(1 << 20, 1 << 20, 1 << 20, 1 << 20), watch, watch);

  @AfterEach
  void close() {
    batcher.close();
  }

  private static Job job(String text) {
    return new Job(
        new Task.Chat(new Conversation(List.of(Message.text(Role.USER, text)))),
        GenerationOptions.cached(9),
        0,
        new Job.Sink() {
          @Override
          public void onAnswer(Job.Answer answer) {}

          @Override
          public void onFailure(ServingException failure) {}
        });
  }

  private Ended next() throws InterruptedException {
    Ended request = ended.poll(30, TimeUnit.SECONDS);
    assertTrue(request != null, "nothing has ended");
    return request;
  }

  @Test
  void anAnsweredRequestIsToldWithItsTimes() throws Exception {
    batcher.swap(FakeModel.answering(1, prompt -> "re " + prompt)).join();
    batcher.submit(List.of(job("a")));
    Ended request = next();
    Ending.Answered answer = request.answered().orElseThrow();
    assertTrue(answer.newTokens() > 0);
    double queued = request.queued().orElseThrow();
    double first = request.firstText().orElseThrow();
    assertTrue(queued <= first && first <= request.whole(), request::toString);
    assertTrue(batcher.drain(Duration.ofSeconds(30)));
    assertEquals("0 wait, 0 run", queue);
    assertTrue(signs.get() > 1, "texts and batches are signs of progress");
  }

  @Test
  void whatWaitsAndWhatIsRefusedIsCounted() throws Exception {
    FakeModel model = FakeModel.held(1, prompt -> "re " + prompt);
    batcher.swap(model).join();
    batcher.submit(List.of(job("a")));
    model.awaitStarted(1);
    Job waiting = job("b");
    batcher.submit(List.of(waiting, job("c")));
    assertEquals("2 wait, 1 run", queue);
    assertThrows(ServingException.class, () -> batcher.submit(List.of(job("d"))));
    assertEquals("QUEUE_FULL 1", refused.take());
    waiting.cancel();
    assertEquals(new Ending.Abandoned(), next().ending());
    model.permit(2);
    assertTrue(next().answered().isPresent());
    assertTrue(next().answered().isPresent());
    assertTrue(ended.isEmpty(), "each ends once");
  }
}
