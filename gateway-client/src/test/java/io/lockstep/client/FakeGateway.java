package io.lockstep.client;

import io.grpc.Server;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.stub.StreamObserver;
import io.lockstep.proto.inference.v1.ChatDelta;
import io.lockstep.proto.inference.v1.ChatRequest;
import io.lockstep.proto.inference.v1.ChatResponse;
import io.lockstep.proto.inference.v1.Finish;
import io.lockstep.proto.inference.v1.InferenceGrpc;
import io.lockstep.proto.inference.v1.JudgeRequest;
import io.lockstep.proto.inference.v1.JudgeResponse;
import io.lockstep.proto.inference.v1.Picture;
import io.lockstep.proto.inference.v1.PictureSummary;
import io.lockstep.proto.inference.v1.SummarizeRequest;
import io.lockstep.proto.inference.v1.SummarizeResponse;
import io.lockstep.security.Endpoint;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;

/** A gateway without a model, on a free port: fails as it is told, then answers. */
final class FakeGateway extends InferenceGrpc.InferenceImplBase implements AutoCloseable {

  private final Server server;
  private final BlockingQueue<Throwable> failures = new LinkedBlockingQueue<>();
  private final List<String> asked = new CopyOnWriteArrayList<>();
  private volatile boolean silent;

  FakeGateway() throws IOException {
    HealthStatusManager health = new HealthStatusManager();
    health.setStatus(HealthStatusManager.SERVICE_NAME_ALL_SERVICES, ServingStatus.SERVING);
    server =
        NettyServerBuilder.forPort(0)
            .addService(this)
            .addService(health.getHealthService())
            .build()
            .start();
  }

  Endpoint endpoint() {
    return Endpoint.local(server.getPort());
  }

  /** Fails the next answers, one each. */
  FakeGateway failing(Throwable... next) {
    failures.addAll(List.of(next));
    return this;
  }

  /** Answers no chat, ever. */
  FakeGateway silent() {
    silent = true;
    return this;
  }

  /** What was asked, in order: names of pictures and groups, and "chat". */
  List<String> asked() {
    return asked;
  }

  private <T> boolean failed(String question, StreamObserver<T> observer) {
    asked.add(question);
    Throwable failure = failures.poll();
    if (failure != null) {
      observer.onError(failure);
    }
    return failure != null;
  }

  private static <T> void answer(StreamObserver<T> observer, T response) {
    observer.onNext(response);
    observer.onCompleted();
  }

  private static PictureSummary summary(Picture picture) {
    return PictureSummary.newBuilder()
        .setId(picture.getId())
        .setSummary("of " + picture.getContent().size() + " bytes")
        .setFinishReason(Finish.FINISH_STOP)
        .build();
  }

  @Override
  public void summarize(SummarizeRequest request, StreamObserver<SummarizeResponse> observer) {
    Picture picture = request.getPictures(0);
    if (!failed(picture.getId(), observer)) {
      answer(observer, SummarizeResponse.newBuilder().addSummaries(summary(picture)).build());
    }
  }

  @Override
  public StreamObserver<Picture> summarizeStream(StreamObserver<PictureSummary> observer) {
    return new StreamObserver<>() {
      @Override
      public void onNext(Picture picture) {
        if (!failed(picture.getId(), observer)) {
          observer.onNext(summary(picture));
        }
      }

      @Override
      public void onError(Throwable gone) {}

      @Override
      public void onCompleted() {
        observer.onCompleted();
      }
    };
  }

  @Override
  public void judge(JudgeRequest request, StreamObserver<JudgeResponse> observer) {
    if (!failed(request.getGroupId(), observer)) {
      answer(
          observer,
          JudgeResponse.newBuilder()
              .setGroupId(request.getGroupId())
              .setVerdict(JudgeResponse.Verdict.VERDICT_PASS)
              .setReason("齐全")
              .setFinishReason(Finish.FINISH_STOP)
              .build());
    }
  }

  @Override
  public void chat(ChatRequest request, StreamObserver<ChatResponse> observer) {
    if (!failed("chat", observer) && !silent) {
      answer(
          observer,
          ChatResponse.newBuilder()
              .setText("two")
              .setNewTokens(1)
              .setFinishReason(Finish.FINISH_LENGTH)
              .build());
    }
  }

  /** Says a piece before it fails. */
  @Override
  public void chatStream(ChatRequest request, StreamObserver<ChatDelta> observer) {
    observer.onNext(ChatDelta.newBuilder().setText("two").build());
    if (!failed("chat", observer)) {
      answer(
          observer,
          ChatDelta.newBuilder()
              .setText(" screws")
              .setLast(true)
              .setFinishReason(Finish.FINISH_STOP)
              .build());
    }
  }

  @Override
  public void close() {
    server.shutdownNow();
  }
}
