package io.lockstep.worker.rpc;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import io.lockstep.data.plan.Shard;
import io.lockstep.proto.coordinator.v1.Commit;
import io.lockstep.proto.coordinator.v1.CoordinatorMessage;
import io.lockstep.proto.coordinator.v1.Evaluation;
import io.lockstep.proto.coordinator.v1.Holder;
import io.lockstep.proto.coordinator.v1.Holding;
import io.lockstep.proto.coordinator.v1.Member;
import io.lockstep.proto.coordinator.v1.Membership;
import io.lockstep.proto.coordinator.v1.Transport;
import io.lockstep.proto.coordinator.v1.World;
import io.lockstep.worker.protocol.Counts;
import io.lockstep.worker.protocol.Directive;
import io.lockstep.worker.protocol.Session;
import io.lockstep.worker.zero.Resharding;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.zip.InflaterInputStream;

/** Turns messages of the contract into directives. */
final class Directives {

  /** A few hundred thousand members. */
  private static final int MAX_MEMBERSHIP_BYTES = 64 << 20;

  private Directives() {}

  static Directive of(CoordinatorMessage message) {
    return switch (message.getKindCase()) {
      case WORLD -> membership(message.getWorld());
      case LEASE ->
          new Directive.Lease(
              message.getLease().getGeneration(),
              message.getLease().getFirstStep(),
              message.getLease().getSteps());
      case COMMIT -> commit(message.getCommit());
      case SAVE_CHECKPOINT ->
          new Directive.SaveCheckpoint(
              message.getSaveCheckpoint().getGeneration(),
              message.getSaveCheckpoint().getSteps(),
              message.getSaveCheckpoint().getDir(),
              message.getSaveCheckpoint().getSkippedSteps());
      case EVALUATE ->
          new Directive.Evaluate(
              message.getEvaluate().getGeneration(), message.getEvaluate().getSteps());
      case EVALUATION -> evaluation(message.getEvaluation());
      case STOP ->
          new Directive.Stop(message.getStop().getFinished(), message.getStop().getReason());
      case CHALLENGE, WELCOME, PULSE, KIND_NOT_SET -> unknown();
    };
  }

  private static Directive.Stop unknown() {
    return new Directive.Stop(
        false,
        "the coordinator sent a message this worker does not know: use the same version on both sides");
  }

  private static Directive membership(World world) {
    Membership membership;
    try {
      membership = inflated(world.getMembership());
    } catch (IOException unreadable) {
      return unknown();
    }
    return new Directive.NewMembership(
        world.getGeneration(),
        world.getRank(),
        members(membership.getMembersList()),
        membership.getNextStep(),
        membership.getCheckpointDir(),
        members(membership.getDepartingList()),
        membership.getHoldersList().stream().map(Directives::holder).toList(),
        membership.hasLastCommit()
            ? Optional.of(commit(membership.getLastCommit()))
            : Optional.empty(),
        membership.hasLastEvaluation()
            ? Optional.of(evaluation(membership.getLastEvaluation()))
            : Optional.empty(),
        new Directive.Transport(
            membership.getTransport() == Transport.TRANSPORT_NCCL,
            membership.getTransportReason()));
  }

  private static Membership inflated(ByteString bytes) throws IOException {
    CodedInputStream input =
        CodedInputStream.newInstance(new InflaterInputStream(bytes.newInput()));
    input.setSizeLimit(MAX_MEMBERSHIP_BYTES);
    return Membership.parseFrom(input);
  }

  private static List<Directive.Member> members(List<Member> members) {
    return members.stream()
        .map(member ->
            new Directive.Member(
                member.getWorkerId(), member.getCollectiveAddress(), member.getCapability()))
        .toList();
  }

  private static Resharding.Holder holder(Holder holder) {
    Holding holding = holder.getHolding();
    return new Resharding.Holder(
        holder.getRank(), new Shard(holding.getRank(), holding.getWorld(), holding.getBuddy()));
  }

  private static Directive.Evaluation evaluation(Evaluation evaluation) {
    return new Directive.Evaluation(
        evaluation.getGeneration(),
        evaluation.getSteps(),
        evaluation.getRecords(),
        evaluation.getTokens(),
        evaluation.getLossSum(),
        evaluation.getCorrectTokens());
  }

  private static Directive.Commit commit(Commit commit) {
    return new Directive.Commit(
        commit.getGeneration(),
        commit.getStep(),
        commit.getTokens(),
        commit.getLossSum(),
        commit.getCorrectTokens(),
        commit.getGradNorm(),
        commit.getDigest(),
        commit.getDatasetsList().stream()
            .map(sums ->
                new Session.DatasetSums(
                    sums.getDataset(),
                    sums.getLossSum(),
                    sums.getTokens(),
                    sums.getCorrectTokens(),
                    sums.getKindsList().stream()
                        .map(kind ->
                            new Session.KindSums(
                                kind.getKind(), kind.getTokens(), kind.getCorrectTokens()))
                        .toList()))
            .toList(),
        commit.getTermsList().stream()
            .map(term -> new Session.TermSum(term.getName(), term.getSum(), term.getNormaliser()))
            .toList(),
        Counts.of(commit.getCountsMap()),
        commit.getSkipped(),
        commit.getSkippedSteps());
  }
}
