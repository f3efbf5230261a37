package io.lockstep.client;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnsafeByteOperations;
import com.google.rpc.ErrorInfo;
import io.grpc.Status;
import io.grpc.protobuf.StatusProto;
import io.lockstep.data.answer.Finish;
import io.lockstep.data.conversation.Content;
import io.lockstep.data.conversation.Conversation;
import io.lockstep.data.conversation.ImageSource;
import io.lockstep.data.conversation.Message;
import io.lockstep.data.image.DecodeLimits;
import io.lockstep.data.image.ImageHeader;
import io.lockstep.data.stageb.Judgement;
import io.lockstep.data.stageb.Verdict;
import io.lockstep.proto.inference.v1.Alignment;
import io.lockstep.proto.inference.v1.ChatContent;
import io.lockstep.proto.inference.v1.ChatMessage;
import io.lockstep.proto.inference.v1.ChatRequest;
import io.lockstep.proto.inference.v1.Decoding;
import io.lockstep.proto.inference.v1.DetectRequest;
import io.lockstep.proto.inference.v1.DetectResponse;
import io.lockstep.proto.inference.v1.ErrorReason;
import io.lockstep.proto.inference.v1.GetModelResponse;
import io.lockstep.proto.inference.v1.JudgeRequest;
import io.lockstep.proto.inference.v1.JudgeResponse;
import io.lockstep.proto.inference.v1.Picture;
import io.lockstep.proto.inference.v1.PictureSummary;
import io.lockstep.proto.inference.v1.Sampling;
import java.io.IOException;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What a client says and hears, as messages. */
final class Messages {

  /** In an ErrorInfo's metadata: the model's answer, verbatim. */
  private static final String RAW = "raw";

  /** In an ErrorInfo's metadata: what ended it. */
  private static final String FINISH_REASON = "finish_reason";

  private Messages() {}

  static Decoding decoding(AnswerSettings settings) {
    AnswerSettings.Sampling sampling = settings.sampling();
    return Decoding.newBuilder()
        .setMaxNewTokens(settings.maxNewTokens())
        .setMinNewTokens(settings.minNewTokens())
        .setSampling(
            Sampling.newBuilder()
                .setTemperature(sampling.temperature())
                .setTopP(sampling.topP())
                .setTopK(sampling.topK())
                .setRepetitionPenalty(sampling.repetitionPenalty())
                .setSeed(sampling.seed()))
        .setProfile(
            settings.strict() ? Decoding.Profile.PROFILE_STRICT : Decoding.Profile.PROFILE_CACHED)
        .build();
  }

  /** Reads the picture's file; a file that is no good picture is not sent. */
  static Picture picture(String id, PictureFile picture, AnswerSettings settings)
      throws IOException {
    byte[] bytes = ImageHeader.requireGood(picture.file(), DecodeLimits.DEFAULT);
    return Picture.newBuilder()
        .setId(id)
        .setContent(UnsafeByteOperations.unsafeWrap(bytes))
        .setDecoding(decoding(settings))
        .setAllowUntrained(settings.allowUntrained())
        .build();
  }

  static Described.Summary summary(String id, PictureSummary answer) {
    return new Described.Summary(
        id,
        answer.getSummary(),
        answer.getPromptTokens(),
        answer.getNewTokens(),
        finish(answer.getFinishReason()));
  }

  /** What ended an answer. */
  static Finish finish(io.lockstep.proto.inference.v1.Finish reason) {
    return switch (reason) {
      case FINISH_STOP -> Finish.STOP;
      case FINISH_LENGTH -> Finish.LENGTH;
      case FINISH_UNSPECIFIED, UNRECOGNIZED ->
          throw new IllegalStateException(
              "the gateway does not say what ended its answer: it is older than this client; start one of the same version");
    };
  }

  /** What came of judging a group whose answer is no verdict. */
  static Outcome.Malformed malformed(ErrorInfo info, String problem) {
    String name = info.getMetadataOrDefault(FINISH_REASON, "");
    return new Outcome.Malformed(
        info.getMetadataOrDefault(RAW, ""),
        problem,
        finish(
            Arrays.stream(io.lockstep.proto.inference.v1.Finish.values())
                .filter(known -> known.name().equals(name))
                .findFirst()
                .orElse(io.lockstep.proto.inference.v1.Finish.FINISH_UNSPECIFIED)));
  }

  static DetectRequest detect(PictureFile picture, double minScore) throws IOException {
    byte[] bytes = ImageHeader.requireGood(picture.file(), DecodeLimits.DEFAULT);
    return DetectRequest.newBuilder()
        .setId(picture.id())
        .setContent(UnsafeByteOperations.unsafeWrap(bytes))
        .setMinScore(minScore)
        .build();
  }

  static Detected detected(DetectResponse response) {
    return new Detected(
        response.getId(),
        response.getWidth(),
        response.getHeight(),
        response.getObjectsList().stream()
            .map(object ->
                new Detected.FoundObject(
                    object.getX1(),
                    object.getY1(),
                    object.getX2(),
                    object.getY2(),
                    object.getScore(),
                    object.getCaption()))
            .toList());
  }

  static JudgeRequest group(Group group, AnswerSettings settings) {
    return JudgeRequest.newBuilder()
        .setGroupId(group.groupId())
        .setMission(group.mission())
        .addAllSummaries(group.summaries())
        .setDecoding(decoding(settings))
        .build();
  }

  static Outcome judged(JudgeResponse response) {
    Verdict verdict =
        switch (response.getVerdict()) {
          case VERDICT_PASS -> Verdict.PASS;
          case VERDICT_FAIL -> Verdict.FAIL;
          case VERDICT_UNSPECIFIED, UNRECOGNIZED ->
              throw new IllegalStateException("the gateway sent a verdict that is none");
        };
    return new Outcome.Judged(
        new Judgement(verdict, response.getReason()), finish(response.getFinishReason()));
  }

  /** Reads the conversation's pictures and packs it. */
  static ChatRequest chat(Conversation conversation, AnswerSettings settings) throws IOException {
    ChatRequest.Builder request = ChatRequest.newBuilder().setDecoding(decoding(settings));
    for (Message message : conversation.messages()) {
      ChatMessage.Builder packed =
          ChatMessage.newBuilder()
              .setRole(
                  switch (message.role()) {
                    case SYSTEM -> ChatMessage.Role.ROLE_SYSTEM;
                    case USER -> ChatMessage.Role.ROLE_USER;
                    case ASSISTANT -> ChatMessage.Role.ROLE_ASSISTANT;
                  });
      for (Content content : message.contents()) {
        packed.addContents(content(content));
      }
      request.addMessages(packed);
    }
    return request.build();
  }

  private static ChatContent content(Content content) throws IOException {
    return switch (content) {
      case Content.Text(String text) -> ChatContent.newBuilder().setText(text).build();
      case Content.Image(ImageSource source) ->
          ChatContent.newBuilder().setImage(bytes(source)).build();
    };
  }

  private static ByteString bytes(ImageSource source) throws IOException {
    return UnsafeByteOperations.unsafeWrap(
        switch (source) {
          case ImageSource.File(var path) -> ImageHeader.requireGood(path, DecodeLimits.DEFAULT);
          case ImageSource.Bytes(var name, var content) -> content;
        });
  }

  static ModelInfo model(GetModelResponse model) {
    Sampling recommended = model.getRecommended();
    Alignment alignment = model.getAlignment();
    return new ModelInfo(
        model.getCheckpointDir(),
        model.getWeightsSha256(),
        model.getSteps(),
        model.getModelType(),
        new AnswerSettings.Sampling(
            recommended.getTemperature(),
            recommended.getTopP(),
            recommended.getTopK(),
            recommended.getRepetitionPenalty(),
            recommended.getSeed()),
        switch (alignment.getVerdict()) {
          case VERDICT_IDENTICAL -> ModelInfo.Alignment.IDENTICAL;
          case VERDICT_WITHIN_TOLERANCE -> ModelInfo.Alignment.WITHIN_TOLERANCE;
          // A gateway that says nothing of alignment has certified nothing.
          case VERDICT_UNCERTIFIED, VERDICT_UNSPECIFIED, UNRECOGNIZED ->
              ModelInfo.Alignment.UNCERTIFIED;
        },
        alignment.getMaxDifference(),
        alignment.getProbes());
  }

  /** A failure's description alone, without its status code. */
  static String description(Throwable failure) {
    String description = Status.fromThrowable(failure).getDescription();
    return description != null ? description : failure.toString();
  }

  /** What a failure says about the model's answer, if it is about that. */
  static Optional<ErrorInfo> about(ErrorReason reason, Throwable failure) {
    com.google.rpc.@Nullable Status status = StatusProto.fromThrowable(failure);
    return status == null
        ? Optional.empty()
        : status.getDetailsList().stream()
            .filter(detail -> detail.is(ErrorInfo.class))
            .map(Messages::errorInfo)
            .filter(info -> info.getReason().equals(reason.name()))
            .findFirst();
  }

  private static ErrorInfo errorInfo(Any detail) {
    try {
      return detail.unpack(ErrorInfo.class);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("a gateway sent an unreadable ErrorInfo", e);
    }
  }
}
