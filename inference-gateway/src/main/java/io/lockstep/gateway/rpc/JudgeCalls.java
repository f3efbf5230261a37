package io.lockstep.gateway.rpc;

import io.grpc.stub.StreamObserver;
import io.lockstep.data.stageb.Judgement;
import io.lockstep.data.stageb.Verdict;
import io.lockstep.gateway.stage.Group;
import io.lockstep.gateway.stage.Outcome;
import io.lockstep.proto.inference.v1.Decoding;
import io.lockstep.proto.inference.v1.InferenceGrpc.InferenceStub;
import io.lockstep.proto.inference.v1.JudgeRequest;
import io.lockstep.proto.inference.v1.JudgeResponse;
import java.util.List;
import java.util.Optional;

/** One Judge call per group. */
final class JudgeCalls extends SeparateCalls<JudgeResponse, Outcome> {

  private final InferenceStub stub;
  private final List<Group> groups;
  private final Decoding decoding;

  JudgeCalls(InferenceStub stub, List<Group> groups, Decoding decoding, int window) {
    super(groups.size(), window);
    this.stub = stub;
    this.groups = groups;
    this.decoding = decoding;
  }

  @Override
  void ask(int index, StreamObserver<JudgeResponse> answer) {
    Group group = groups.get(index);
    stub.judge(
        JudgeRequest.newBuilder()
            .setGroupId(group.groupId())
            .setMission(group.mission())
            .addAllSummaries(group.summaries())
            .setDecoding(decoding)
            .build(),
        answer);
  }

  @Override
  Outcome outcome(int index, JudgeResponse response) {
    Verdict verdict =
        switch (response.getVerdict()) {
          case VERDICT_PASS -> Verdict.PASS;
          case VERDICT_FAIL -> Verdict.FAIL;
          case VERDICT_UNSPECIFIED, UNRECOGNIZED ->
              throw new IllegalStateException("the gateway sent a verdict that is none");
        };
    return new Outcome.Judged(new Judgement(verdict, response.getReason()));
  }

  @Override
  Optional<Outcome> outcome(int index, Throwable failure) {
    String message = Statuses.message(failure);
    return Statuses.isEmptyAnswer(failure)
        ? Optional.of(new Outcome.NoAnswer(message))
        : Statuses.malformedRaw(failure).map(raw -> new Outcome.Malformed(raw, message));
  }

  @Override
  String name(int index) {
    return "group " + groups.get(index).groupId();
  }
}
