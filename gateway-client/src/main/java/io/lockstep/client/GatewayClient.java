package io.lockstep.client;

import com.google.rpc.ErrorInfo;
import io.grpc.Deadline;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.lockstep.data.answer.Finish;
import io.lockstep.data.conversation.Conversation;
import io.lockstep.data.image.UnreadableImageException;
import io.lockstep.proto.inference.v1.CaptionRequest;
import io.lockstep.proto.inference.v1.ChatDelta;
import io.lockstep.proto.inference.v1.ChatRequest;
import io.lockstep.proto.inference.v1.ChatResponse;
import io.lockstep.proto.inference.v1.DetectRequest;
import io.lockstep.proto.inference.v1.ErrorReason;
import io.lockstep.proto.inference.v1.GetModelRequest;
import io.lockstep.proto.inference.v1.InferenceGrpc;
import io.lockstep.proto.inference.v1.InferenceGrpc.InferenceBlockingStub;
import io.lockstep.proto.inference.v1.JudgeRequest;
import io.lockstep.proto.inference.v1.SummarizeRequest;
import io.lockstep.proto.inference.v1.SummarizeResponse;
import io.lockstep.security.Endpoint;
import io.lockstep.security.HandshakeFailure;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Asks a gateway. Every method blocks until it has its answer and throws {@link GatewayException}
 * with one line that names the gateway when there is none. What the gateway has no room for, and
 * what a gateway that is away does not hear, is asked again as {@link RetryPolicy} says. Safe for
 * use by several threads, which share one connection.
 *
 * <pre>{@code
 * try (GatewayClient client = GatewayClient.connect("127.0.0.1:7070")) {
 *   client.summarize(pictures).forEach(summary -> System.out.println(summary.text()));
 * }
 * }</pre>
 */
public final class GatewayClient implements AutoCloseable {

  /** Requests under way at once: enough to fill two batches of a gateway. */
  private static final int WINDOW = 32;

  private static final int MAX_MESSAGE_BYTES = 256 << 20;

  private final Endpoint gateway;
  private final ClientOptions options;
  private final ManagedChannel channel;

  private GatewayClient(Endpoint gateway, ClientOptions options) {
    this.gateway = gateway;
    this.options = options;
    this.channel =
        options.security().channel(gateway).maxInboundMessageSize(MAX_MESSAGE_BYTES).build();
  }

  /**
   * The model's turn in a conversation.
   *
   * @param text never blank
   * @param promptTokens length of the prompt in tokens
   * @param newTokens generated tokens without the end token
   * @param finish what ended it
   */
  public record ChatAnswer(String text, int promptTokens, int newTokens, Finish finish) {}

  /**
   * The model's turn in a conversation that was told piece by piece.
   *
   * @param text all pieces together
   * @param finish what ended it
   */
  public record ToldAnswer(String text, Finish finish) {}

  /**
   * Makes a client with {@link ClientOptions#DEFAULT}; the first request opens the connection.
   *
   * @param gateway {@code HOST:PORT}
   * @throws IllegalArgumentException if it is anything else
   */
  public static GatewayClient connect(String gateway) {
    return connect(Endpoint.parse(gateway), ClientOptions.DEFAULT);
  }

  /** Makes a client; the first request opens the connection. */
  public static GatewayClient connect(Endpoint gateway, ClientOptions options) {
    return new GatewayClient(gateway, options);
  }

  /** Closes the connection; requests under way fail. */
  @Override
  public void close() {
    channel.shutdownNow();
  }

  /** The model that answers now. */
  public ModelInfo model() {
    return explained(() ->
        Messages.model(
            repeated(
                deadline -> blocking(deadline).getModel(GetModelRequest.getDefaultInstance()))));
  }

  /** True if the gateway says SERVING: a model is loaded. Asks once. */
  public boolean isServing() {
    return explained(() ->
        HealthGrpc.newBlockingStub(channel)
                .check(HealthCheckRequest.getDefaultInstance())
                .getStatus()
            == ServingStatus.SERVING);
  }

  /**
   * Waits until the gateway says SERVING; a gateway that doesn't listen yet is waited for, too.
   *
   * @param limit longest wait
   */
  public void awaitServing(Duration limit) {
    explained(() -> {
      Iterator<HealthCheckResponse> states =
          HealthGrpc.newBlockingStub(channel)
              .withWaitForReady()
              .withDeadlineAfter(limit.toMillis(), TimeUnit.MILLISECONDS)
              .watch(HealthCheckRequest.getDefaultInstance());
      while (states.hasNext()) {
        if (states.next().getStatus() == ServingStatus.SERVING) {
          return true;
        }
      }
      throw Status.UNAVAILABLE
          .withDescription("it stopped before it had a model")
          .asRuntimeException();
    });
  }

  /** Names of the services that the gateway's reflection lists, sorted. Asks once. */
  public List<String> services() {
    return explained(() -> {
      try {
        return Reflection.services(channel).get();
      } catch (ExecutionException e) {
        throw e.getCause() == null ? e : e.getCause();
      }
    });
  }

  /**
   * Summaries of the pictures in these files, in the same order, named by their paths; with {@link
   * AnswerSettings#DEFAULT}.
   */
  public List<Described.Summary> summarize(List<Path> pictures) {
    return summarize(
        pictures.stream().map(path -> new PictureFile(path.toString(), path)).toList(),
        AnswerSettings.DEFAULT,
        summary -> {});
  }

  /**
   * Summaries of pictures, in the same order, through one stream; a picture without an answer ends
   * it with {@link GatewayException.NoAnswer}.
   *
   * @param listener told of each summary as it comes, one at a time, in the order in which they
   *     come
   */
  public List<Described.Summary> summarize(
      List<PictureFile> pictures, AnswerSettings settings, Consumer<Described.Summary> listener) {
    SummaryStream stream = new SummaryStream(pictures, settings, WINDOW, listener);
    return explained(() ->
        repeated(deadline -> stream.run(InferenceGrpc.newStub(channel).withDeadline(deadline))));
  }

  /**
   * What comes of asking about each picture, in the same order. Unlike {@link #summarize} it goes
   * on where a picture gets no answer.
   *
   * @param listener told of each outcome as it comes, by the calling thread
   */
  public List<Described> describe(
      List<PictureFile> pictures, AnswerSettings settings, Consumer<Described> listener) {
    return explained(() ->
        SeparateCalls.run(pictures, WINDOW, picture -> describe(picture, settings), listener));
  }

  private Described describe(PictureFile picture, AnswerSettings settings) throws Exception {
    SummarizeRequest request =
        SummarizeRequest.newBuilder()
            .addPictures(Messages.picture(picture.id(), picture, settings))
            .build();
    try {
      SummarizeResponse response = repeated(deadline -> blocking(deadline).summarize(request));
      if (response.getSummariesCount() != 1) {
        throw new IllegalStateException("the gateway ended a call without a summary");
      }
      return Messages.summary(picture.id(), response.getSummaries(0));
    } catch (StatusRuntimeException e) {
      if (Messages.about(ErrorReason.EMPTY_ANSWER, e).isPresent()) {
        return new Described.NoAnswer(picture.id(), Messages.description(e));
      }
      throw e;
    }
  }

  /**
   * The objects that the model names in each picture, in the same order: dense captioning. It goes
   * on where a picture gets no answer.
   *
   * @param listener told of each outcome as it comes, by the calling thread
   */
  public List<Captioned> caption(
      List<PictureFile> pictures, AnswerSettings settings, Consumer<Captioned> listener) {
    return explained(
        () -> SeparateCalls.run(pictures, WINDOW, picture -> caption(picture, settings), listener));
  }

  private Captioned caption(PictureFile picture, AnswerSettings settings) throws Exception {
    CaptionRequest request = CaptionMessages.request(picture, settings);
    try {
      return CaptionMessages.captioned(
          picture.id(), repeated(deadline -> blocking(deadline).caption(request)));
    } catch (StatusRuntimeException e) {
      if (Messages.about(ErrorReason.EMPTY_ANSWER, e).isPresent()) {
        return new Captioned.NoAnswer(picture.id(), Messages.description(e));
      }
      throw e;
    }
  }

  /**
   * Objects in a picture, if the gateway's model has a detection head.
   *
   * @param minScore objects of a lower score are left out, 0 to 1
   */
  public Detected detect(PictureFile picture, double minScore) {
    return explained(() -> {
      DetectRequest request = Messages.detect(picture, minScore);
      return Messages.detected(repeated(deadline -> blocking(deadline).detect(request)));
    });
  }

  /** What comes of judging each group, in the same order. */
  public List<Outcome> judge(List<Group> groups, AnswerSettings settings) {
    return explained(
        () -> SeparateCalls.run(groups, WINDOW, group -> judge(group, settings), outcome -> {}));
  }

  private Outcome judge(Group group, AnswerSettings settings) throws Exception {
    JudgeRequest request = Messages.group(group, settings);
    try {
      return Messages.judged(repeated(deadline -> blocking(deadline).judge(request)));
    } catch (StatusRuntimeException e) {
      String problem = Messages.description(e);
      if (Messages.about(ErrorReason.EMPTY_ANSWER, e).isPresent()) {
        return new Outcome.NoAnswer(problem);
      }
      Optional<ErrorInfo> malformed = Messages.about(ErrorReason.MALFORMED_VERDICT, e);
      if (malformed.isPresent()) {
        return Messages.malformed(malformed.get(), problem);
      }
      throw e;
    }
  }

  /** The model's turn in a conversation. */
  public ChatAnswer chat(Conversation conversation, AnswerSettings settings) {
    return explained(() -> {
      ChatRequest request = Messages.chat(conversation, settings);
      ChatResponse response = repeated(deadline -> blocking(deadline).chat(request));
      return new ChatAnswer(
          response.getText(),
          response.getPromptTokens(),
          response.getNewTokens(),
          Messages.finish(response.getFinishReason()));
    });
  }

  /**
   * The model's turn in a conversation, piece by piece.
   *
   * @param listener told of each piece by the calling thread
   * @return all pieces together, and what ended them
   */
  public ToldAnswer chat(
      Conversation conversation, AnswerSettings settings, Consumer<String> listener) {
    return explained(() -> {
      ChatRequest request = Messages.chat(conversation, settings);
      StringBuilder text = new StringBuilder();
      return repeated(
          deadline -> {
            Iterator<ChatDelta> deltas = blocking(deadline).chatStream(request);
            ChatDelta delta = ChatDelta.getDefaultInstance();
            while (deltas.hasNext()) {
              delta = deltas.next();
              text.append(delta.getText());
              listener.accept(delta.getText());
            }
            return new ToldAnswer(text.toString(), Messages.finish(delta.getFinishReason()));
          },
          // What was told can't be taken back.
          text::isEmpty);
    });
  }

  private InferenceBlockingStub blocking(@Nullable Deadline deadline) {
    return InferenceGrpc.newBlockingStub(channel).withDeadline(deadline);
  }

  private interface Attempt<T> {
    T run(@Nullable Deadline deadline) throws Exception;
  }

  private <T> T repeated(Attempt<T> attempt) throws Exception {
    return repeated(attempt, () -> true);
  }

  /** Makes attempts as the options say, as long as another one makes sense. */
  private <T> T repeated(Attempt<T> attempt, BooleanSupplier repeatable) throws Exception {
    Deadline deadline =
        options
            .deadline()
            .map(limit -> Deadline.after(limit.toNanos(), TimeUnit.NANOSECONDS))
            .orElse(null);
    for (int failures = 1; ; failures++) {
      try {
        return attempt.run(deadline);
      } catch (StatusRuntimeException e) {
        Optional<Duration> wait = options.retries().delay(e, failures);
        boolean unknown = HandshakeFailure.explain(e).isPresent();
        if (wait.isEmpty()
            || unknown
            || !repeatable.getAsBoolean()
            || isLate(deadline, wait.get())) {
          throw e;
        }
        Thread.sleep(wait.get());
      }
    }
  }

  private static boolean isLate(@Nullable Deadline deadline, Duration wait) {
    return deadline != null && deadline.timeRemaining(TimeUnit.NANOSECONDS) <= wait.toNanos();
  }

  private interface Call<T> {
    T run() throws Throwable;
  }

  /** Runs a call; whatever goes wrong is said in one line that names the gateway. */
  private <T> T explained(Call<T> call) {
    try {
      return call.run();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new GatewayException(
          Status.Code.CANCELLED, "interrupted while waiting for gateway " + gateway, e);
    } catch (UnreadableImageException e) {
      throw new GatewayException(Status.Code.UNKNOWN, String.valueOf(e.getMessage()), e);
    } catch (IOException e) {
      throw new GatewayException(Status.Code.UNKNOWN, "a picture can't be read: " + e, e);
    } catch (Error e) {
      throw e;
    } catch (Throwable e) {
      String message = "gateway " + gateway + ": " + explain(e);
      throw Messages.about(ErrorReason.EMPTY_ANSWER, e).isPresent()
          ? new GatewayException.NoAnswer(message, e)
          : new GatewayException(Status.fromThrowable(e).getCode(), message, e);
    }
  }

  private static String explain(Throwable failure) {
    Status status = Status.fromThrowable(failure);
    String detail = Messages.description(failure);
    boolean unreachable =
        status.getCode() == Status.Code.UNAVAILABLE && status.getCause() instanceof IOException;
    Optional<String> tls = HandshakeFailure.explain(failure);
    if (tls.isPresent()) {
      return tls.get();
    }
    return unreachable
        ? "does not answer (" + detail + "); start it with `gateway start` or check the address"
        : status.getCode() + ": " + detail;
  }
}
