package io.lockstep.gateway.rpc;

import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.NettyChannelBuilder;
import io.lockstep.data.conversation.Conversation;
import io.lockstep.data.image.UnreadableImageException;
import io.lockstep.gateway.serving.Answer;
import io.lockstep.gateway.serving.ModelIdentity;
import io.lockstep.gateway.stage.Described;
import io.lockstep.gateway.stage.Group;
import io.lockstep.gateway.stage.Outcome;
import io.lockstep.gateway.stage.PictureFile;
import io.lockstep.gateway.stage.Summary;
import io.lockstep.model.generate.GenerationOptions;
import io.lockstep.proto.inference.v1.ChatDelta;
import io.lockstep.proto.inference.v1.ChatResponse;
import io.lockstep.proto.inference.v1.Decoding;
import io.lockstep.proto.inference.v1.GetModelRequest;
import io.lockstep.proto.inference.v1.GetModelResponse;
import io.lockstep.proto.inference.v1.InferenceGrpc;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Asks a gateway. Every method blocks until it has its answer and throws {@link InferenceException}
 * with one line that names the gateway when there is none. Safe for use by several threads.
 */
public final class InferenceClient implements AutoCloseable {

  /** Requests under way at once: enough to fill two batches of a gateway. */
  private static final int WINDOW = 32;

  private static final int MAX_MESSAGE_BYTES = 64 << 20;

  private final HostPort gateway;
  private final ManagedChannel channel;

  private InferenceClient(HostPort gateway) {
    this.gateway = gateway;
    this.channel =
        NettyChannelBuilder.forAddress(gateway.host(), gateway.port())
            .usePlaintext()
            .maxInboundMessageSize(MAX_MESSAGE_BYTES)
            .build();
  }

  /**
   * Makes a client; the first request opens the connection.
   *
   * @param gateway {@code host:port}
   */
  public static InferenceClient connect(String gateway) {
    return new InferenceClient(HostPort.parse(gateway));
  }

  /** Closes the connection; requests under way fail. */
  @Override
  public void close() {
    channel.shutdownNow();
  }

  /** The model that answers now. */
  public ModelIdentity model() {
    GetModelResponse model =
        ask(() ->
            InferenceGrpc.newBlockingStub(channel).getModel(GetModelRequest.getDefaultInstance()));
    return new ModelIdentity(
        Path.of(model.getCheckpointDir()),
        model.getWeightsSha256(),
        model.getSteps(),
        model.getModelType(),
        DecodingMessages.read(model.getRecommended()),
        AlignmentMessages.read(model.getAlignment()));
  }

  /** True if the gateway says SERVING: a model is loaded. */
  public boolean isServing() {
    return ask(() ->
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
    ask(() -> {
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

  /** Names of the services that the gateway's reflection lists, sorted. */
  public List<String> services() {
    return ask(() -> {
      try {
        return Reflection.services(channel).get();
      } catch (ExecutionException e) {
        throw e.getCause() == null ? e : e.getCause();
      }
    });
  }

  /** Summaries of the pictures in these files, in the same order, named by their paths. */
  public List<Summary> summarize(List<Path> pictures) {
    return summarize(
        pictures.stream().map(path -> new PictureFile(path.toString(), path)).toList(),
        summary -> {});
  }

  /**
   * Summaries of pictures, in the same order, by the gateway's default settings.
   *
   * @param listener told of each summary as it comes, in the order in which they come
   */
  public List<Summary> summarize(List<PictureFile> pictures, Consumer<Summary> listener) {
    return summarize(pictures, Decoding.getDefaultInstance(), listener);
  }

  /**
   * Summaries of pictures, in the same order.
   *
   * @param listener told of each summary as it comes, in the order in which they come
   */
  public List<Summary> summarize(
      List<PictureFile> pictures, GenerationOptions options, Consumer<Summary> listener) {
    return summarize(pictures, DecodingMessages.write(options), listener);
  }

  private List<Summary> summarize(
      List<PictureFile> pictures, Decoding decoding, Consumer<Summary> listener) {
    return ask(() ->
        new SummaryCall(pictures, decoding, WINDOW, listener).run(InferenceGrpc.newStub(channel)));
  }

  /**
   * What comes of asking about each picture, in the same order, by the gateway's default settings.
   *
   * @param listener told of each outcome as it comes, one at a time
   */
  public List<Described> describe(List<PictureFile> pictures, Consumer<Described> listener) {
    return describe(pictures, Decoding.getDefaultInstance(), listener);
  }

  /**
   * What comes of asking about each picture, in the same order. Unlike {@link #summarize} it goes
   * on where a picture gets no answer.
   *
   * @param listener told of each outcome as it comes, one at a time
   */
  public List<Described> describe(
      List<PictureFile> pictures, GenerationOptions options, Consumer<Described> listener) {
    return describe(pictures, DecodingMessages.write(options), listener);
  }

  private List<Described> describe(
      List<PictureFile> pictures, Decoding decoding, Consumer<Described> listener) {
    return ask(() ->
        new SummaryCalls(InferenceGrpc.newStub(channel), pictures, decoding, WINDOW, listener)
            .run());
  }

  /** What comes of judging each group, in the same order, by the gateway's default settings. */
  public List<Outcome> judge(List<Group> groups) {
    return judge(groups, Decoding.getDefaultInstance());
  }

  /** What comes of judging each group, in the same order. */
  public List<Outcome> judge(List<Group> groups, GenerationOptions options) {
    return judge(groups, DecodingMessages.write(options));
  }

  private List<Outcome> judge(List<Group> groups, Decoding decoding) {
    return ask(
        () -> new JudgeCalls(InferenceGrpc.newStub(channel), groups, decoding, WINDOW).run());
  }

  /** The model's turn in a conversation, by the gateway's default settings. */
  public Answer chat(Conversation conversation) {
    return chat(conversation, Decoding.getDefaultInstance());
  }

  /** The model's turn in a conversation. */
  public Answer chat(Conversation conversation, GenerationOptions options) {
    return chat(conversation, DecodingMessages.write(options));
  }

  private Answer chat(Conversation conversation, Decoding decoding) {
    ChatResponse response =
        ask(() ->
            InferenceGrpc.newBlockingStub(channel)
                .chat(ChatMessages.request(conversation, decoding)));
    return new Answer(response.getText(), response.getPromptTokens(), response.getNewTokens());
  }

  /**
   * The model's turn in a conversation, piece by piece.
   *
   * @param listener told of each piece by the calling thread
   * @return all pieces together
   */
  public String chat(
      Conversation conversation, GenerationOptions options, Consumer<String> listener) {
    Decoding decoding = DecodingMessages.write(options);
    return ask(() -> {
      Iterator<ChatDelta> deltas =
          InferenceGrpc.newBlockingStub(channel)
              .chatStream(ChatMessages.request(conversation, decoding));
      StringBuilder text = new StringBuilder();
      while (deltas.hasNext()) {
        String piece = deltas.next().getText();
        text.append(piece);
        listener.accept(piece);
      }
      return text.toString();
    });
  }

  private interface Call<T> {
    T run() throws Throwable;
  }

  /** Runs a call; whatever goes wrong is said in one line that names the gateway. */
  private <T> T ask(Call<T> call) {
    try {
      return call.run();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InferenceException("interrupted while waiting for gateway " + gateway, e);
    } catch (UnreadableImageException e) {
      throw new InferenceException(String.valueOf(e.getMessage()), e);
    } catch (IOException e) {
      throw new InferenceException("a picture can't be read: " + e, e);
    } catch (Error e) {
      throw e;
    } catch (Throwable e) {
      String message = "gateway " + gateway + ": " + explain(e);
      throw Statuses.isEmptyAnswer(e)
          ? new EmptyAnswerException(message, e)
          : new InferenceException(message, e);
    }
  }

  private static String explain(Throwable failure) {
    Status status = Status.fromThrowable(failure);
    String detail = Statuses.message(failure);
    boolean unreachable =
        status.getCode() == Status.Code.UNAVAILABLE && status.getCause() instanceof IOException;
    return unreachable
        ? "does not answer (" + detail + "); start it with `gateway start` or check the address"
        : status.getCode() + ": " + detail;
  }
}
