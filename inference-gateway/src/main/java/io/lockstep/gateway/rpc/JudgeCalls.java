package io.lockstep.gateway.rpc;

import io.grpc.Context;
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
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;

/**
 * One Judge call per group, a window of them at once. Not one stream, because a malformed or
 * missing answer on one group must not end the others'.
 */
final class JudgeCalls {

  private final List<Group> groups;
  private final Decoding decoding;
  private final Window window;
  private final Map<Integer, Outcome> outcomes = new ConcurrentHashMap<>();

  JudgeCalls(List<Group> groups, Decoding decoding, int window) {
    this.groups = groups;
    this.decoding = decoding;
    this.window = new Window(window);
  }

  /** The outcomes in the order of the groups, or the first failure of a call. */
  List<Outcome> run(InferenceStub stub) throws Throwable {
    // Closing it cancels what is under way when a call has failed.
    try (Context.CancellableContext context = Context.current().withCancellation()) {
      for (int i = 0; i < groups.size() && window.acquire(); i++) {
        int index = i;
        context.run(() -> stub.judge(request(groups.get(index)), new Answer(index)));
      }
      Throwable failure = window.awaitAnswers();
      if (failure != null) {
        throw failure;
      }
    }
    return IntStream.range(0, groups.size()).mapToObj(this::outcome).toList();
  }

  private Outcome outcome(int index) {
    Outcome outcome = outcomes.get(index);
    if (outcome == null) {
      throw new IllegalStateException(
          "the gateway ended a call without a verdict on group " + groups.get(index).groupId());
    }
    return outcome;
  }

  private JudgeRequest request(Group group) {
    return JudgeRequest.newBuilder()
        .setGroupId(group.groupId())
        .setMission(group.mission())
        .addAllSummaries(group.summaries())
        .setDecoding(decoding)
        .build();
  }

  /** What a failure says about its group alone; empty if it is about the gateway. */
  private static Optional<Outcome> outcome(Throwable failure) {
    String message = Statuses.message(failure);
    return Statuses.isEmptyAnswer(failure)
        ? Optional.of(new Outcome.NoAnswer(message))
        : Statuses.malformedRaw(failure).map(raw -> new Outcome.Malformed(raw, message));
  }

  private final class Answer implements StreamObserver<JudgeResponse> {
    private final int index;

    Answer(int index) {
      this.index = index;
    }

    @Override
    public void onNext(JudgeResponse response) {
      Verdict verdict =
          switch (response.getVerdict()) {
            case VERDICT_PASS -> Verdict.PASS;
            case VERDICT_FAIL -> Verdict.FAIL;
            case VERDICT_UNSPECIFIED, UNRECOGNIZED ->
                throw new IllegalStateException("the gateway sent a verdict that is none");
          };
      outcomes.put(index, new Outcome.Judged(new Judgement(verdict, response.getReason())));
    }

    @Override
    public void onError(Throwable failure) {
      outcome(failure)
          .ifPresentOrElse(
              outcome -> {
                outcomes.put(index, outcome);
                window.release();
              },
              () -> window.fail(failure));
    }

    @Override
    public void onCompleted() {
      window.release();
    }
  }
}
