package io.lockstep.gateway.rpc;

import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import io.lockstep.data.stageb.Judgement;
import io.lockstep.data.stageb.MalformedJudgementException;
import io.lockstep.gateway.serving.Alignment;
import io.lockstep.gateway.serving.Batcher;
import io.lockstep.gateway.serving.Job;
import io.lockstep.gateway.serving.ModelIdentity;
import io.lockstep.gateway.serving.ServingException;
import io.lockstep.gateway.serving.Task;
import io.lockstep.model.detect.FoundObject;
import io.lockstep.model.generate.DecodingOptions;
import io.lockstep.model.generate.GenerationOptions;
import io.lockstep.model.generate.Profile;
import io.lockstep.proto.inference.v1.Alignment.Verdict;
import io.lockstep.proto.inference.v1.CaptionRequest;
import io.lockstep.proto.inference.v1.CaptionResponse;
import io.lockstep.proto.inference.v1.ChatDelta;
import io.lockstep.proto.inference.v1.ChatRequest;
import io.lockstep.proto.inference.v1.ChatResponse;
import io.lockstep.proto.inference.v1.Decoding;
import io.lockstep.proto.inference.v1.DetectRequest;
import io.lockstep.proto.inference.v1.DetectResponse;
import io.lockstep.proto.inference.v1.DetectedObject;
import io.lockstep.proto.inference.v1.GetModelRequest;
import io.lockstep.proto.inference.v1.GetModelResponse;
import io.lockstep.proto.inference.v1.InferenceGrpc;
import io.lockstep.proto.inference.v1.JudgeRequest;
import io.lockstep.proto.inference.v1.JudgeResponse;
import io.lockstep.proto.inference.v1.Picture;
import io.lockstep.proto.inference.v1.PictureSummary;
import io.lockstep.proto.inference.v1.SummarizeRequest;
import io.lockstep.proto.inference.v1.SummarizeResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;

/** The Inference service: requests become jobs, answers become responses. */
final class InferenceService extends InferenceGrpc.InferenceImplBase {

  /** The settings of a request for which no text is generated. */
  private static final GenerationOptions NO_TEXT =
      new GenerationOptions(DecodingOptions.greedy(1), Profile.CACHED);

  private final Batcher batcher;
  private final Requests requests;
  private final int streamWindow;

  /**
   * @param streamWindow pictures or groups of one stream that are under way at once; the client is
   *     asked for more as answers leave
   */
  InferenceService(Batcher batcher, Requests requests, int streamWindow) {
    this.batcher = batcher;
    this.requests = requests;
    this.streamWindow = streamWindow;
  }

  @Override
  public void getModel(GetModelRequest request, StreamObserver<GetModelResponse> observer) {
    Reply<GetModelResponse> reply = new Reply<>(observer);
    guarded(
        reply,
        () -> {
          requests.check(request);
          batcher
              .identity()
              .ifPresentOrElse(
                  model -> {
                    reply.send(response(model));
                    reply.complete();
                  },
                  () -> reply.fail(Statuses.of(ServingException.noModel())));
        });
  }

  @Override
  public void summarize(SummarizeRequest request, StreamObserver<SummarizeResponse> observer) {
    Reply<SummarizeResponse> reply = new Reply<>(observer);
    guarded(
        reply,
        () -> {
          List<Requests.Weighed> tasks = requests.tasks(request);
          SummaryCollector collector = new SummaryCollector(request.getPicturesList(), reply);
          List<Job> jobs = new ArrayList<>();
          for (int i = 0; i < tasks.size(); i++) {
            jobs.add(tasks.get(i).job(requests.options(request, i), collector.sink(i)));
          }
          start(reply, jobs);
        });
  }

  @Override
  public StreamObserver<Picture> summarizeStream(StreamObserver<PictureSummary> observer) {
    return new StreamCall<>(
        observer,
        streamWindow,
        batcher,
        requests::task,
        picture -> requests.options(picture.getDecoding()),
        (picture, answer) -> summary(picture.getId(), answer));
  }

  @Override
  public void caption(CaptionRequest request, StreamObserver<CaptionResponse> observer) {
    Reply<CaptionResponse> reply = new Reply<>(observer);
    guarded(
        reply,
        () -> {
          Requests.Weighed asked = requests.task(request);
          Job.Sink sink =
              new AnswerSink<>(
                  reply, answer -> Captions.response((Task.Caption) asked.task(), answer));
          start(reply, List.of(asked.job(requests.options(request.getDecoding()), sink)));
        });
  }

  @Override
  public void detect(DetectRequest request, StreamObserver<DetectResponse> observer) {
    Reply<DetectResponse> reply = new Reply<>(observer);
    guarded(
        reply,
        () -> {
          Requests.Weighed task = requests.task(request);
          Job.Sink sink =
              new Job.Sink() {
                @Override
                public void onFound(List<FoundObject> objects) {
                  reply.send(objects((Task.Detect) task.task(), request.getMinScore(), objects));
                  reply.complete();
                }

                @Override
                public void onAnswer(Job.Answer answer) {
                  throw new IllegalStateException(
                      "a text was generated where objects were asked for");
                }

                @Override
                public void onFailure(ServingException failure) {
                  reply.fail(Statuses.of(failure));
                }
              };
          start(reply, List.of(task.job(NO_TEXT, sink)));
        });
  }

  private static DetectResponse objects(
      Task.Detect asked, double minScore, List<FoundObject> objects) {
    DetectResponse.Builder response =
        DetectResponse.newBuilder()
            .setId(asked.picture().name())
            .setWidth(asked.width())
            .setHeight(asked.height());
    for (FoundObject object : objects) {
      if (object.score() >= minScore) {
        double[] box = object.pixels(asked.width(), asked.height());
        response.addObjects(
            DetectedObject.newBuilder()
                .setX1(box[0])
                .setY1(box[1])
                .setX2(box[2])
                .setY2(box[3])
                .setScore(object.score())
                .setCaption(object.caption()));
      }
    }
    return response.build();
  }

  @Override
  public void judge(JudgeRequest request, StreamObserver<JudgeResponse> observer) {
    single(
        observer,
        request.getDecoding(),
        () -> requests.task(request),
        answer -> verdict(request, answer));
  }

  @Override
  public StreamObserver<JudgeRequest> judgeStream(StreamObserver<JudgeResponse> observer) {
    return new StreamCall<>(
        observer,
        streamWindow,
        batcher,
        requests::task,
        request -> requests.options(request.getDecoding()),
        InferenceService::verdict);
  }

  @Override
  public void chat(ChatRequest request, StreamObserver<ChatResponse> observer) {
    single(
        observer,
        request.getDecoding(),
        () -> requests.task(request),
        answer ->
            ChatResponse.newBuilder()
                .setText(answer.text())
                .setPromptTokens(answer.promptTokens())
                .setNewTokens(answer.newTokens())
                .setFinishReason(DecodingMessages.write(answer.finish()))
                .build());
  }

  @Override
  public void chatStream(ChatRequest request, StreamObserver<ChatDelta> observer) {
    Reply<ChatDelta> reply = new Reply<>(observer);
    guarded(
        reply,
        () ->
            start(
                reply,
                List.of(
                    requests
                        .task(request)
                        .job(requests.options(request.getDecoding()), new ChatSink(reply)))));
  }

  /** One job, one response. */
  private <T> void single(
      StreamObserver<T> observer,
      Decoding decoding,
      Supplier<Requests.Weighed> task,
      Function<Job.Answer, T> response) {
    Reply<T> reply = new Reply<>(observer);
    guarded(
        reply,
        () ->
            start(
                reply,
                List.of(
                    task.get()
                        .job(requests.options(decoding), new AnswerSink<>(reply, response)))));
  }

  /** Sends the one response to an answer. */
  private record AnswerSink<T>(Reply<T> reply, Function<Job.Answer, T> response)
      implements Job.Sink {

    @Override
    public void onAnswer(Job.Answer answer) {
      guarded(
          reply,
          () -> {
            reply.send(response.apply(answer));
            reply.complete();
          });
    }

    @Override
    public void onFailure(ServingException failure) {
      reply.fail(Statuses.of(failure));
    }
  }

  private void start(Reply<?> reply, List<Job> jobs) {
    if (reply.own(jobs)) {
      batcher.submit(jobs);
    }
  }

  /** Runs a step of a call; what it throws ends the call. */
  static void guarded(Reply<?> reply, Runnable step) {
    try {
      step.run();
    } catch (StatusRuntimeException e) {
      reply.fail(e);
    } catch (ServingException e) {
      reply.fail(Statuses.of(e));
    }
  }

  static PictureSummary summary(String id, Job.Answer answer) {
    return PictureSummary.newBuilder()
        .setId(id)
        .setSummary(answer.text())
        .setPromptTokens(answer.promptTokens())
        .setNewTokens(answer.newTokens())
        .setFinishReason(DecodingMessages.write(answer.finish()))
        .build();
  }

  private static JudgeResponse verdict(JudgeRequest request, Job.Answer answer) {
    try {
      Judgement judgement = Judgement.parse(answer.text());
      return JudgeResponse.newBuilder()
          .setGroupId(request.getGroupId())
          .setVerdict(
              switch (judgement.verdict()) {
                case PASS -> JudgeResponse.Verdict.VERDICT_PASS;
                case FAIL -> JudgeResponse.Verdict.VERDICT_FAIL;
              })
          .setReason(judgement.reason())
          .setRaw(answer.text())
          .setFinishReason(DecodingMessages.write(answer.finish()))
          .build();
    } catch (MalformedJudgementException e) {
      throw Statuses.malformedVerdict(request.getGroupId(), answer, e);
    }
  }

  private static GetModelResponse response(ModelIdentity model) {
    return GetModelResponse.newBuilder()
        .setCheckpointDir(model.checkpointDir().toString())
        .setWeightsSha256(model.weightsSha256())
        .setSteps(model.steps())
        .setModelType(model.modelType())
        .setRecommended(DecodingMessages.write(model.recommended()))
        .setAlignment(alignment(model.alignment()))
        .build();
  }

  private static io.lockstep.proto.inference.v1.Alignment alignment(Alignment alignment) {
    return io.lockstep.proto.inference.v1.Alignment.newBuilder()
        .setVerdict(
            switch (alignment.state()) {
              case UNCERTIFIED -> Verdict.VERDICT_UNCERTIFIED;
              case IDENTICAL -> Verdict.VERDICT_IDENTICAL;
              case WITHIN_TOLERANCE -> Verdict.VERDICT_WITHIN_TOLERANCE;
            })
        .setMaxDifference(alignment.largestDifference())
        .setProbes(alignment.probes())
        .build();
  }
}
