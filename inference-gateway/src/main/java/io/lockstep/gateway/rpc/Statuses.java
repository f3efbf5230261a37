package io.lockstep.gateway.rpc;

import com.google.protobuf.Any;
import com.google.protobuf.Duration;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import io.lockstep.data.answer.Finish;
import io.lockstep.data.stageb.MalformedJudgementException;
import io.lockstep.gateway.serving.Job;
import io.lockstep.gateway.serving.ServingException;
import io.lockstep.proto.inference.v1.ErrorReason;

/** Failures as gRPC statuses. */
final class Statuses {

  private static final String DOMAIN = "lockstep.inference.v1";
  private static final String RAW = "raw";
  private static final String FINISH_REASON = "finish_reason";

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
          String.valueOf(failure.getMessage()),
          ErrorInfo.newBuilder().setReason(ErrorReason.EMPTY_ANSWER.name()));
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
      String groupId, Job.Answer answer, MalformedJudgementException problem) {
    String cut =
        answer.finish() == Finish.LENGTH
            ? " (cut by max_new_tokens after %d tokens: ask for more)".formatted(answer.newTokens())
            : "";
    return refusal(
        "malformed verdict on group " + groupId + ": " + problem.getMessage() + cut,
        ErrorInfo.newBuilder()
            .setReason(ErrorReason.MALFORMED_VERDICT.name())
            .putMetadata(RAW, answer.text())
            .putMetadata(FINISH_REASON, DecodingMessages.write(answer.finish()).name()));
  }
}
