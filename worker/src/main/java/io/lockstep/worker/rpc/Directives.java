package io.lockstep.worker.rpc;

import io.lockstep.proto.coordinator.v1.Commit;
import io.lockstep.proto.coordinator.v1.CoordinatorMessage;
import io.lockstep.proto.coordinator.v1.World;
import io.lockstep.worker.train.Directive;
import java.util.List;

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
    List<Directive.Member> members =
        world.getMembersList().stream()
            .map(member ->
                new Directive.Member(
                    member.getWorkerId(), member.getCollectiveAddress(), member.getCapability()))
            .toList();
    return new Directive.World(
        world.getGeneration(),
        world.getRank(),
        members,
        world.getNextStep(),
        world.getCheckpointDir());
  }

  private static Directive commit(Commit commit) {
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
