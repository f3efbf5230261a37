package io.lockstep.gateway.serving;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.data.conversation.Conversation;
import io.lockstep.data.conversation.Message;
import io.lockstep.data.conversation.Role;
import io.lockstep.gateway.FakeModel;
import io.lockstep.gateway.serving.ServingException.Kind;
import io.lockstep.model.generate.DecodingOptions;
import io.lockstep.model.generate.GenerationOptions;
import io.lockstep.model.generate.Profile;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class BatcherTest {

  private static final int MAX_BATCH = 4;
  private static final int CAPACITY = 8;

  private final List<String> health = new ArrayList<>();
  private final Batcher batcher =
      new Batcher(
          MAX_BATCH,
          CAPACITY,
          new ServingMemory(1 << 20, 1 << 20, 1 << 20, 1 << 20),
          new Batcher.Listener() {
            @Override
            public void onServing(ModelIdentity model) {
              health.add("serving " + model.steps());
            }

            @Override
            public void onStopped() {
              health.add("stopped");
            }
          });

  /** A question with everything its client heard. */
  private static final class Question implements Job.Sink {
    private final CompletableFuture<Job.Answer> answer = new CompletableFuture<>();
    private final StringBuilder pieces = new StringBuilder();
    private final Job job;

    Question(String text, int maxNewTokens) {
      this(text, GenerationOptions.cached(maxNewTokens));
    }

    Question(String text, GenerationOptions options) {
      this(text, options, 0);
    }

    Question(String text, GenerationOptions options, long weight) {
      job =
          new Job(
              new Task.Chat(new Conversation(List.of(Message.text(Role.USER, text)))),
              options,
              weight,
              this);
    }

    @Override
    public void onPiece(String piece) {
      pieces.append(piece);
    }

    @Override
    public void onAnswer(Job.Answer text) {
      answer.complete(text);
    }

    @Override
    public void onFailure(ServingException failure) {
      answer.completeExceptionally(failure);
    }

    String text() {
      return answer.join().text();
    }

    ServingException failure() {
      return assertThrowsServing(answer);
    }
  }

  @AfterEach
  void close() {
    batcher.close();
  }

  @Test
  void whateverWaitsBecomesOneBatch() {
    FakeModel model = serve(FakeModel.held(1, prompt -> "re " + prompt));
    Question first = begun(model, "a");
    List<Question> later = List.of(ask("b", 9), ask("c", 9), ask("d", 9));
    model.permit(2);

    assertEquals("re a", first.text());
    assertEquals(List.of("re b", "re c", "re d"), later.stream().map(Question::text).toList());
    assertEquals(List.of(List.of("a"), List.of("b", "c", "d")), model.batches());
  }

  @Test
  void batchesAreBoundedAndOfOneProfile() {
    FakeModel model = serve(FakeModel.held(1, prompt -> "re " + prompt));
    Question first = begun(model, "a");
    List<Question> questions = new ArrayList<>(List.of(first));
    for (int i = 0; i < CAPACITY; i++) {
      questions.add(
          ask("q" + i, GenerationOptions.greedy(9 + i, i == 1 ? Profile.STRICT : Profile.CACHED)));
    }
    model.permit(9);
    questions.forEach(Question::text);

    assertEquals(
        List.of(
            List.of("a"),
            List.of("q0", "q2", "q3", "q4"),
            List.of("q1"),
            List.of("q5", "q6", "q7")),
        model.batches());
  }

  @Test
  void requestsOfDifferentSettingsShareABatchAndKeepTheirOwn() {
    FakeModel model = serve(FakeModel.held(1, prompt -> "x"));
    Question running = begun(model, "a");
    List<DecodingOptions> settings =
        List.of(
            DecodingOptions.greedy(3),
            new DecodingOptions(0.7, 0.9, 5, 1.1, 2, 80, 17),
            new DecodingOptions(0, 1, 0, 1.3, 0, 9, 0));
    List<Question> questions =
        settings.stream().map(one -> ask("q", new GenerationOptions(one, Profile.CACHED))).toList();
    model.permit(2);
    questions.forEach(Question::text);

    assertEquals("x", running.text());
    assertEquals(settings, model.decodings().getLast());
  }

  @Test
  void anAnswerDoesNotWaitForTheLongerOnesOfItsBatch() {
    CompletableFuture<String> slow = new CompletableFuture<>();
    FakeModel model =
        serve(FakeModel.held(1, prompt -> prompt.equals("long") ? slow.join() : "short"));
    Question running = begun(model, "a");
    Question first = ask("b", 9);
    Question second = ask("long", 900);
    model.permit(2);

    assertEquals("short", running.text());
    assertEquals("short", first.text());
    assertFalse(second.answer.isDone());
    slow.complete("at last");
    assertEquals("at last", second.text());
    assertEquals(2, model.batches().size());
  }

  @Test
  void whatIsAnsweredIsNotAskedAgainWhenItsBatchFails() {
    FakeModel model =
        serve(
            FakeModel.held(
                1,
                prompt -> {
                  if (prompt.equals("poison")) {
                    throw new IllegalStateException("no such token");
                  }
                  return "x";
                }));
    Question running = begun(model, "a");
    Question answered = ask("b", 9);
    Question bad = ask("poison", 9);
    model.permit(9);

    assertEquals("x", running.text());
    assertEquals("x", answered.text());
    assertEquals(Kind.MODEL_FAILED, bad.failure().kind());
    assertEquals(List.of(List.of("a"), List.of("b", "poison"), List.of("poison")), model.batches());
  }

  @Test
  void aFullQueueRefusesAllOfARequest() {
    FakeModel model = serve(FakeModel.held(1, prompt -> "x"));
    Question running = begun(model, "a");
    for (int i = 0; i < CAPACITY - 1; i++) {
      ask("q" + i, 9);
    }
    Question one = new Question("one", 9);
    Question two = new Question("two", 9);

    ServingException refused =
        assertThrows(ServingException.class, () -> batcher.submit(List.of(one.job, two.job)));
    assertEquals(Kind.QUEUE_FULL, refused.kind());

    batcher.submit(List.of(one.job));
    model.permit(9);
    assertEquals("x", running.text());
    assertEquals("x", one.text());
  }

  @Test
  void aCancelledJobLeavesTheQueue() {
    FakeModel model = serve(FakeModel.held(1, prompt -> "x"));
    Question running = begun(model, "a");
    Question cancelled = ask("b", 9);
    Question kept = ask("c", 9);
    cancelled.job.cancel();
    model.permit(2);

    assertEquals("x", running.text());
    assertEquals("x", kept.text());
    assertEquals(List.of(List.of("a"), List.of("c")), model.batches());
    assertFalse(cancelled.answer.isDone());
  }

  @Test
  void aPoisonousRequestFailsAloneAndNothingIsStreamedTwice() {
    FakeModel model =
        serve(
            FakeModel.held(
                2,
                prompt -> {
                  if (prompt.equals("poison")) {
                    throw new IllegalStateException("no such token");
                  }
                  return "re " + prompt;
                }));
    Question first = begun(model, "a");
    Question good = ask("b", 9);
    Question bad = ask("poison", 9);
    Question alsoGood = ask("c", 9);
    model.permit(9);

    assertEquals("re a", first.text());
    assertEquals("re b", good.text());
    assertEquals("re b", good.pieces.toString());
    assertEquals("re c", alsoGood.text());
    assertEquals(Kind.MODEL_FAILED, bad.failure().kind());
    assertTrue(bad.failure().toString().contains("no such token"), bad.failure().toString());
  }

  @Test
  void whatDoesNotFitIntoMemoryIsRefusedAndServingGoesOn() {
    FakeModel model =
        serve(
            FakeModel.held(
                1,
                prompt ->
                    switch (prompt) {
                      case "heap" -> throw new OutOfMemoryError("Java heap space");
                      case "tensor" ->
                          throw new IllegalStateException(
                              "DefaultCPUAllocator: can't allocate memory: you tried to allocate"
                                  + " 9000000000 bytes");
                      default -> "re " + prompt;
                    }));
    Question alone = begun(model, "heap");
    Question good = ask("a", 9);
    Question tensor = ask("tensor", 9);
    Question heap = ask("heap", 9);
    model.permit(9);

    assertEquals(Kind.EXHAUSTED, alone.failure().kind());
    assertEquals("re a", good.text());
    assertEquals(Kind.EXHAUSTED, tensor.failure().kind());
    assertEquals(Kind.EXHAUSTED, heap.failure().kind());
    assertEquals("re later", ask("later", 9).text());
    assertEquals(List.of("serving 1"), health);
  }

  @Test
  void withoutRoomForClassesServingEnds() {
    serve(
        FakeModel.answering(
            1,
            prompt -> {
              throw new OutOfMemoryError("Metaspace");
            }));
    assertEquals(Kind.MODEL_FAILED, ask("a", 9).failure().kind());
    batcher.close();
    assertEquals(List.of("serving 1", "stopped"), health);
  }

  @Test
  void anEmptyGenerationIsAnErrorWithItsFigures() {
    serve(FakeModel.answering(1, prompt -> prompt.equals("blank") ? " \n" : ""));

    ServingException nothing = ask("nothing", 9).failure();
    assertEquals(Kind.EMPTY_ANSWER, nothing.kind());
    assertTrue(
        nothing
            .toString()
            .contains(
                "7 prompt tokens, 0 new tokens, first token <|im_end|> (2) with probability 0.75"),
        nothing.toString());
    assertTrue(ask("blank", 9).failure().toString().contains("5 prompt tokens, 2 new tokens"));
  }

  @Test
  void requestsFinishOnTheModelTheyStartedWith() {
    FakeModel old = serve(FakeModel.held(1, prompt -> "old"));
    Question running = ask("a", 9);
    old.awaitStarted(1);
    FakeModel young = FakeModel.answering(2, prompt -> "young");
    CompletableFuture<Void> adopted = batcher.swap(young);
    Question waiting = ask("b", 9);
    assertFalse(adopted.isDone());
    old.permit(1);

    assertEquals("old", running.text());
    assertEquals("young", waiting.text());
    adopted.join();
    assertTrue(old.isClosed());
    assertEquals(2, batcher.identity().orElseThrow().steps());
    assertEquals(List.of("serving 1", "serving 2"), health);
  }

  @Test
  void anOvertakenModelIsClosedUnused() {
    FakeModel running = serve(FakeModel.held(1, prompt -> "x"));
    Question question = ask("a", 9);
    running.awaitStarted(1);
    FakeModel overtaken = FakeModel.answering(2, prompt -> "x");
    CompletableFuture<Void> never = batcher.swap(overtaken);
    CompletableFuture<Void> newest = batcher.swap(FakeModel.answering(3, prompt -> "x"));
    running.permit(1);
    newest.join();

    assertEquals("x", question.text());
    assertTrue(overtaken.isClosed());
    assertThrows(CompletionException.class, never::join);
  }

  @Test
  void beforeTheFirstModelRequestsAreRefused() {
    Question question = new Question("a", 9);
    ServingException refused =
        assertThrows(ServingException.class, () -> batcher.submit(List.of(question.job)));
    assertEquals(Kind.NO_MODEL, refused.kind());
  }

  @Test
  void closingFailsWhatWaitsAndFreesTheModel() {
    FakeModel model = serve(FakeModel.held(1, prompt -> "x"));
    Question running = begun(model, "a");
    Question waiting = ask("b", 9);
    Thread closer = Thread.ofVirtual().start(batcher::close);
    while (accepts()) {
      Thread.onSpinWait();
    }
    model.permit(1);

    assertEquals(Kind.CLOSING, running.failure().kind());
    assertEquals(Kind.CLOSING, waiting.failure().kind());
    assertTrue(join(closer));
    assertTrue(model.isClosed());
    assertEquals(List.of("serving 1", "stopped"), health);
  }

  @Test
  void drainingAnswersWhatWasAskedAndTakesNothingMore() {
    FakeModel model = serve(FakeModel.held(1, prompt -> "x"));
    Question running = begun(model, "a");
    Question waiting = ask("b", 9);
    CompletableFuture<Boolean> drained =
        CompletableFuture.supplyAsync(() -> batcher.drain(Duration.ofMinutes(1)));
    while (accepts()) {
      Thread.onSpinWait();
    }
    assertEquals(List.of("serving 1", "stopped"), health);
    model.permit(2);

    assertTrue(drained.join());
    assertEquals("x", running.text());
    assertEquals("x", waiting.text());
  }

  @Test
  void drainingEndsWithItsTime() {
    FakeModel model = serve(FakeModel.held(1, prompt -> "x"));
    Question running = begun(model, "a");

    assertFalse(batcher.drain(Duration.ofMillis(1)));
    assertFalse(running.answer.isDone());
    model.permit(1);
  }

  @Test
  void aBatchStaysWithinItsMemory() {
    FakeModel model = serve(FakeModel.held(1, prompt -> "x").taking(400 << 10));
    Question running = begun(model, "a");
    List<Question> later = List.of(ask("b", 9), ask("c", 9), ask("d", 9));
    model.permit(9);

    assertEquals("x", running.text());
    later.forEach(Question::text);
    assertEquals(List.of(1, 2, 1), model.batches().stream().map(List::size).toList());
  }

  @Test
  void aRequestBeyondTheMemoryOfABatchIsRefusedWithBothNumbers() {
    serve(FakeModel.answering(1, prompt -> "x").taking(3 << 20));

    ServingException refused = ask("a", 9).failure();
    assertEquals(Kind.INVALID, refused.kind());
    assertTrue(
        refused.toString().contains("needs about 3 MiB of memory for 1 prompt tokens"),
        refused.toString());
    assertTrue(refused.toString().contains("at most 1 MiB are allowed"), refused.toString());
  }

  @Test
  void memoryThatIsMissingIsNoDamage() {
    serve(
        FakeModel.answering(1, prompt -> "x")
            .preparing(request -> {
              throw new OutOfMemoryError("Java heap space");
            }));

    ServingException refused = ask("a", 9).failure();
    assertEquals(Kind.EXHAUSTED, refused.kind());
    assertTrue(refused.toString().contains("didn't fit into the heap"), refused.toString());
  }

  @Test
  void aLargeRequestIsReadBesideSmallOnes() {
    CompletableFuture<Void> read = new CompletableFuture<>();
    serve(
        FakeModel.answering(1, prompt -> "re " + prompt)
            .preparing(request -> {
              if (request.decoding().maxNewTokens() == 77) {
                read.join();
              }
            }));
    Question large = new Question("large", GenerationOptions.cached(77), 1L << 30);
    batcher.submit(List.of(large.job));

    assertEquals("re small", ask("small", 9).text());
    assertFalse(large.answer.isDone());
    read.complete(null);
    assertEquals("re large", large.text());
  }

  private boolean accepts() {
    try {
      batcher.submit(List.of());
      return true;
    } catch (ServingException e) {
      return false;
    }
  }

  private static boolean join(Thread thread) {
    try {
      thread.join();
      return true;
    } catch (InterruptedException e) {
      return false;
    }
  }

  private FakeModel serve(FakeModel model) {
    batcher.swap(model).join();
    return model;
  }

  private Question ask(String text, int maxNewTokens) {
    return ask(text, GenerationOptions.cached(maxNewTokens));
  }

  private Question ask(String text, GenerationOptions options) {
    Question question = new Question(text, options);
    batcher.submit(List.of(question.job));
    return question;
  }

  /** A question whose batch the model has begun: what is asked now waits. */
  private Question begun(FakeModel model, String text) {
    Question question = ask(text, 9);
    model.awaitStarted(1);
    return question;
  }

  private static ServingException assertThrowsServing(CompletableFuture<Job.Answer> answer) {
    CompletionException failure = assertThrows(CompletionException.class, answer::join);
    return assertInstanceOf(ServingException.class, failure.getCause());
  }
}
