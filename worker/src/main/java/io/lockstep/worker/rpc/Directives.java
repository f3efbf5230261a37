package io.lockstep.worker.rpc;

import io.lockstep.data.plan.Shard;
import io.lockstep.proto.coordinator.v1.Commit;
import io.lockstep.proto.coordinator.v1.CoordinatorMessage;
import io.lockstep.proto.coordinator.v1.Holder;
import io.lockstep.proto.coordinator.v1.Holding;
import io.lockstep.proto.coordinator.v1.Member;
import io.lockstep.proto.coordinator.v1.World;
import io.lockstep.worker.train.Directive;
import io.lockstep.worker.zero.Resharding;
import java.util.List;
import java.util.Optional;

/** Turns messages of the contract into directives. */
final class Directives {

  private Directives() {}

  static Directive of(CoordinatorMessage message) {
    return switch (message.getKindCase()) {
      case WORLD -> world(message.getWorld());
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
              message.getSaveCheckpoint().getDir());
      case STOP ->
          new Directive.Stop(message.getStop().getFinished(), message.getStop().getReason());
      case WELCOME, PULSE, KIND_NOT_SET ->
          new Directive.Stop(
              false,
              "the coordinator sent a message this worker does not know: use the same version on both sides");
    };
  }

  private static Directive world(World world) {
    return new Directive.World(
        world.getGeneration(),
        world.getRank(),
        members(world.getMembersList()),
        world.getNextStep(),
        world.getCheckpointDir(),
        members(world.getDepartingList()),
        world.getHoldersList().stream().map(Directives::holder).toList(),
        world.hasLastCommit() ? Optional.of(commit(world.getLastCommit())) : Optional.empty());
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

  private static Directive.Commit commit(Commit commit) {
    return new Directive.Commit(
        commit.getGeneration(),
        commit.getStep(),
        commit.getTokens(),
        commit.getLossSum(),
        commit.getCorrectTokens(),
        commit.getGradNorm(),
        commit.getDigest());
  }
}
