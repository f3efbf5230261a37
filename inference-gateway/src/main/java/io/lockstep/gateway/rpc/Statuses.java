package io.lockstep.gateway.rpc;

import com.google.protobuf.Any;
import com.google.protobuf.Duration;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import io.lockstep.data.stageb.MalformedJudgementException;
import io.lockstep.gateway.serving.ServingException;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Failures as gRPC statuses, and back. */
final class Statuses {

  /** Reason in a status' ErrorInfo: the model's answer is not a verdict. */
  static final String MALFORMED_VERDICT = "MALFORMED_VERDICT";

  /** Reason in a status' ErrorInfo: the model has generated nothing. */
  static final String EMPTY_ANSWER = "EMPTY_ANSWER";

  private static final String DOMAIN = "lockstep.inference.v1";
  private static final String RAW = "raw";

  /** About what a batch or a large picture takes. */
  private static final int RETRY_SECONDS = 2;

  private Statuses() {}

  /** The status of a request that got no answer. */
  static StatusRuntimeException of(ServingException failure) {
    Status.Code code =
        switch (failure.kind()) {
          case NO_MODEL, CLOSING -> Status.Code.UNAVAILABLE;
          case INVALID -> Status.Code.INVALID_ARGUMENT;
          case QUEUE_FULL, EXHAUSTED -> Status.Code.RESOURCE_EXHAUSTED;
          case EMPTY_ANSWER -> Status.Code.FAILED_PRECONDITION;
          case MODEL_FAILED -> Status.Code.INTERNAL;
        };
    if (failure.kind() == ServingException.Kind.EMPTY_ANSWER) {
      return refusal(
          String.valueOf(failure.getMessage()), ErrorInfo.newBuilder().setReason(EMPTY_ANSWER));
    }
    if (code == Status.Code.RESOURCE_EXHAUSTED) {
      return exhausted(String.valueOf(failure.getMessage()));
    }
    return code.toStatus().withDescription(failure.getMessage()).asRuntimeException();
  }

  /** There is no room now; says when to ask again. */
  static StatusRuntimeException exhausted(String message) {
    return StatusProto.toStatusRuntimeException(
        com.google.rpc.Status.newBuilder()
            .setCode(Status.Code.RESOURCE_EXHAUSTED.value())
            .setMessage(message)
            .addDetails(
                Any.pack(
                    RetryInfo.newBuilder()
                        .setRetryDelay(Duration.newBuilder().setSeconds(RETRY_SECONDS))
                        .build()))
            .build());
  }

  /** A model's answer that can't be passed on, with a reason that clients can tell apart. */
  private static StatusRuntimeException refusal(String message, ErrorInfo.Builder info) {
    return StatusProto.toStatusRuntimeException(
        com.google.rpc.Status.newBuilder()
            .setCode(Status.Code.FAILED_PRECONDITION.value())
            .setMessage(message)
            .addDetails(Any.pack(info.setDomain(DOMAIN).build()))
            .build());
  }

  /** The request itself is wrong. */
  static StatusRuntimeException invalid(String message) {
    return Status.INVALID_ARGUMENT.withDescription(message).asRuntimeException();
  }

  /** The model's answer on a group is not a verdict; the answer travels along, verbatim. */
  static StatusRuntimeException malformedVerdict(
      String groupId, String raw, MalformedJudgementException problem) {
    return refusal(
        "malformed verdict on group " + groupId + ": " + problem.getMessage(),
        ErrorInfo.newBuilder().setReason(MALFORMED_VERDICT).putMetadata(RAW, raw));
  }

  /** The model's answer that a client was refused as malformed; empty for any other failure. */
  static Optional<String> malformedRaw(Throwable failure) {
    return infos(failure)
        .filter(info -> info.getReason().equals(MALFORMED_VERDICT))
        .map(info -> info.getMetadataOrDefault(RAW, ""))
        .findFirst();
  }

  /** Whether the model gave no answer at all. */
  static boolean isEmptyAnswer(Throwable failure) {
    return infos(failure).anyMatch(info -> info.getReason().equals(EMPTY_ANSWER));
  }

  private static Stream<ErrorInfo> infos(Throwable failure) {
    com.google.rpc.@Nullable Status status = StatusProto.fromThrowable(failure);
    return status == null
        ? Stream.empty()
        : status.getDetailsList().stream()
            .filter(detail -> detail.is(ErrorInfo.class))
            .map(Statuses::errorInfo);
  }

  /** A failure's description alone, without its status code. */
  static String message(Throwable failure) {
    String description = Status.fromThrowable(failure).getDescription();
    return description != null ? description : failure.toString();
  }

  private static ErrorInfo errorInfo(Any detail) {
    try {
      return detail.unpack(ErrorInfo.class);
    } catch (com.google.protobuf.InvalidProtocolBufferException e) {
      throw new IllegalStateException("a gateway sent an unreadable ErrorInfo", e);
    }
  }
}
