package io.lockstep.coordinator.rpc;

import com.google.protobuf.ByteString;
import io.lockstep.coordinator.CommittedEvaluation;
import io.lockstep.coordinator.CommittedStep;
import io.lockstep.coordinator.machine.Membership;
import io.lockstep.coordinator.machine.ToWorker;
import io.lockstep.proto.coordinator.v1.Commit;
import io.lockstep.proto.coordinator.v1.CoordinatorMessage;
import io.lockstep.proto.coordinator.v1.Evaluate;
import io.lockstep.proto.coordinator.v1.Evaluation;
import io.lockstep.proto.coordinator.v1.Holder;
import io.lockstep.proto.coordinator.v1.Lease;
import io.lockstep.proto.coordinator.v1.Member;
import io.lockstep.proto.coordinator.v1.Pulse;
import io.lockstep.proto.coordinator.v1.SaveCheckpoint;
import io.lockstep.proto.coordinator.v1.Stop;
import io.lockstep.proto.coordinator.v1.Transport;
import io.lockstep.proto.coordinator.v1.Welcome;
import io.lockstep.proto.coordinator.v1.World;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.zip.DeflaterOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * Maps the machine's messages to workers to wire messages. The membership, which is the same for
 * all participants of a generation, is serialised once. For one thread.
 */
final class WorkerMessages {

  private final String collectiveToken;
  private @Nullable Packed newest;

  /**
   * Messages of a run.
   *
   * @param collectiveToken secret by which its workers know each other, sent with a welcome
   */
  WorkerMessages(String collectiveToken) {
    this.collectiveToken = collectiveToken;
  }

  private record Packed(long generation, ByteString membership) {}

  /** The message to a worker. */
  CoordinatorMessage of(ToWorker message) {
    CoordinatorMessage.Builder wire = CoordinatorMessage.newBuilder();
    switch (message) {
      case ToWorker.Welcome welcome ->
          wire.setWelcome(
              Welcome.newBuilder()
                  .setRunConfig(welcome.runConfigYaml())
                  .setHeartbeatMillis(welcome.heartbeatMillis())
                  .setSilenceMillis(welcome.silenceMillis())
                  .setCollectiveToken(collectiveToken));
      case ToWorker.NewMembership next ->
          wire.setWorld(
              World.newBuilder()
                  .setGeneration(next.membership().generation())
                  .setRank(next.rank())
                  .setMembership(packed(next.membership())));
      case ToWorker.Lease lease ->
          wire.setLease(
              Lease.newBuilder()
                  .setGeneration(lease.generation())
                  .setFirstStep(lease.firstStep())
                  .setSteps(lease.steps()));
      case ToWorker.Commit commit -> wire.setCommit(commit(commit.step()));
      case ToWorker.SaveCheckpoint save ->
          wire.setSaveCheckpoint(
              SaveCheckpoint.newBuilder()
                  .setGeneration(save.generation())
                  .setSteps(save.steps())
                  .setDir(save.dir().toString())
                  .setSkippedSteps(save.skippedSteps()));
      case ToWorker.Evaluate evaluate ->
          wire.setEvaluate(
              Evaluate.newBuilder()
                  .setGeneration(evaluate.generation())
                  .setSteps(evaluate.steps()));
      case ToWorker.Evaluation told -> wire.setEvaluation(evaluation(told.evaluation()));
      case ToWorker.Stop stop ->
          wire.setStop(
              Stop.newBuilder()
                  .setFinished(stop.finished())
                  .setReason(stop.reason())
                  .setRejoin(stop.rejoin())
                  .setRejoinAfterMillis(stop.rejoinAfterMillis()));
      case ToWorker.Pulse _ -> wire.setPulse(Pulse.getDefaultInstance());
    }
    return wire.build();
  }

  private ByteString packed(Membership membership) {
    Packed known = newest;
    if (known == null || known.generation() != membership.generation()) {
      known = new Packed(membership.generation(), deflated(wire(membership)));
      newest = known;
    }
    return known.membership();
  }

  private static ByteString deflated(io.lockstep.proto.coordinator.v1.Membership membership) {
    ByteString.Output bytes = ByteString.newOutput();
    try (DeflaterOutputStream deflater = new DeflaterOutputStream(bytes)) {
      membership.writeTo(deflater);
    } catch (IOException impossible) {
      throw new UncheckedIOException("memory can't be written", impossible);
    }
    return bytes.toByteString();
  }

  private static io.lockstep.proto.coordinator.v1.Membership wire(Membership membership) {
    io.lockstep.proto.coordinator.v1.Membership.Builder wire =
        io.lockstep.proto.coordinator.v1.Membership.newBuilder()
            .setNextStep(membership.nextStep())
            .setTransport(
                switch (membership.transport().transport()) {
                  case TCP -> Transport.TRANSPORT_TCP;
                  case NCCL -> Transport.TRANSPORT_NCCL;
                })
            .setTransportReason(membership.transport().why())
            .setCheckpointDir(membership.checkpoint().map(Path::toString).orElse(""));
    membership.members().forEach(member -> wire.addMembers(member(member)));
    membership.departing().forEach(member -> wire.addDeparting(member(member)));
    for (Membership.Holder holder : membership.holders()) {
      wire.addHolders(
          Holder.newBuilder().setRank(holder.rank()).setHolding(Wire.holding(holder.holding())));
    }
    membership.lastCommit().ifPresent(step -> wire.setLastCommit(commit(step)));
    membership.lastEvaluation().ifPresent(each -> wire.setLastEvaluation(evaluation(each)));
    return wire.build();
  }

  private static Member member(Membership.Participant member) {
    return Member.newBuilder()
        .setWorkerId(member.name())
        .setCollectiveAddress(member.address())
        .setCapability(member.capability())
        .build();
  }

  private static Evaluation evaluation(CommittedEvaluation evaluation) {
    return Evaluation.newBuilder()
        .setGeneration(evaluation.generation())
        .setSteps(evaluation.steps())
        .setRecords(evaluation.records())
        .setTokens(evaluation.tokens())
        .setLossSum(evaluation.lossSum())
        .setCorrectTokens(evaluation.correctTokens())
        .build();
  }

  private static Commit commit(CommittedStep step) {
    return Commit.newBuilder()
        .setGeneration(step.generation())
        .setStep(step.step())
        .setTokens(step.tokens())
        .setLossSum(step.lossSum())
        .setCorrectTokens(step.correctTokens())
        .setGradNorm(step.gradNorm())
        .setDigest(step.digest())
        .addAllDatasets(step.datasets().stream().map(Wire::sums).toList())
        .addAllTerms(step.terms().stream().map(Wire::term).toList())
        .setSkipped(step.skipped())
        .setSkippedSteps(step.skippedSteps())
        .putAllCounts(step.counts().values())
        .build();
  }
}
