package io.lockstep.coordinator.rpc;

import io.lockstep.coordinator.CommittedCheckpoint;
import io.lockstep.coordinator.CommittedStep;
import io.lockstep.coordinator.Phase;
import io.lockstep.coordinator.RunStatus;
import io.lockstep.coordinator.machine.Event;
import io.lockstep.coordinator.machine.ToWorker;
import io.lockstep.coordinator.machine.WorldMember;
import io.lockstep.proto.coordinator.v1.Checkpoint;
import io.lockstep.proto.coordinator.v1.Commit;
import io.lockstep.proto.coordinator.v1.CoordinatorMessage;
import io.lockstep.proto.coordinator.v1.GetStatusResponse;
import io.lockstep.proto.coordinator.v1.Hello;
import io.lockstep.proto.coordinator.v1.Lease;
import io.lockstep.proto.coordinator.v1.Member;
import io.lockstep.proto.coordinator.v1.Reduced;
import io.lockstep.proto.coordinator.v1.SaveCheckpoint;
import io.lockstep.proto.coordinator.v1.Stop;
import io.lockstep.proto.coordinator.v1.Telemetry;
import io.lockstep.proto.coordinator.v1.Welcome;
import io.lockstep.proto.coordinator.v1.WorkerMessage;
import io.lockstep.proto.coordinator.v1.WorkerStatus;
import io.lockstep.proto.coordinator.v1.World;
import java.util.Optional;

/** Maps wire messages to the machine's records and back; nothing is decided here. */
final class Wire {

  private Wire() {}

  static Event.Joined joined(long session, Hello hello) {
    return new Event.Joined(
        session, hello.getWorkerId(), hello.getCollectiveAddress(), hello.getCapability());
  }

  /** What a joined worker said; empty for a second Hello or a message without a kind. */
  static Optional<Event.FromWorker> event(long session, WorkerMessage message) {
    return switch (message.getKindCase()) {
      case HEARTBEAT ->
          Optional.of(
              new Event.Heartbeat(
                  session,
                  message.getHeartbeat().getGeneration(),
                  message.getHeartbeat().getActivity()));
      case READY -> Optional.of(new Event.Ready(session, message.getReady().getGeneration()));
      case REDUCED -> Optional.of(reduced(session, message.getReduced()));
      case APPLIED ->
          Optional.of(
              new Event.Applied(
                  session, message.getApplied().getGeneration(), message.getApplied().getStep()));
      case CHECKPOINT_PART ->
          Optional.of(
              new Event.PartWritten(
                  session,
                  message.getCheckpointPart().getGeneration(),
                  message.getCheckpointPart().getSteps(),
                  message.getCheckpointPart().getFilesList().stream()
                      .map(file ->
                          new Event.CheckpointFile(
                              file.getPath(), file.getBytes(), file.getSha256()))
                      .toList()));
      case FAILURE -> Optional.of(new Event.Failed(session, message.getFailure().getMessage()));
      case TELEMETRY -> Optional.of(telemetry(session, message.getTelemetry()));
      case HELLO, BROKEN, LEAVING, STALLED, KIND_NOT_SET -> Optional.empty();
    };
  }

  private static Event.Reduced reduced(long session, Reduced reduced) {
    return new Event.Reduced(
        session,
        reduced.getGeneration(),
        reduced.getStep(),
        reduced.getVirtualRanksList().stream()
            .map(result ->
                new Event.VirtualRankResult(
                    result.getVirtualRank(),
                    result.getLossSum(),
                    result.getTokens(),
                    result.getCorrectTokens(),
                    result.getReplacedSamples()))
            .toList(),
        reduced.getBucketsList().stream()
            .map(result ->
                new Event.BucketResult(
                    result.getBucket(), result.getSquareSum(), result.getCrc32C()))
            .toList());
  }

  private static Event.Telemetry telemetry(long session, Telemetry telemetry) {
    return new Event.Telemetry(
        session,
        telemetry.getStep(),
        telemetry.getDataSeconds(),
        telemetry.getComputeSeconds(),
        telemetry.getCommunicationSeconds(),
        telemetry.getResidentBytes());
  }

  /** A message to a worker; {@code collectiveToken} is the secret that a welcome hands over. */
  static CoordinatorMessage message(ToWorker message, String collectiveToken) {
    CoordinatorMessage.Builder wire = CoordinatorMessage.newBuilder();
    switch (message) {
      case ToWorker.Welcome welcome ->
          wire.setWelcome(
              Welcome.newBuilder()
                  .setRunConfig(welcome.runConfigYaml())
                  .setHeartbeatMillis(welcome.heartbeatMillis())
                  .setCollectiveToken(collectiveToken));
      case ToWorker.World world -> wire.setWorld(world(world));
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
                  .setDir(save.dir().toString()));
      case ToWorker.Stop stop ->
          wire.setStop(Stop.newBuilder().setFinished(stop.finished()).setReason(stop.reason()));
    }
    return wire.build();
  }

  private static World world(ToWorker.World world) {
    World.Builder wire =
        World.newBuilder()
            .setGeneration(world.generation())
            .setRank(world.rank())
            .setNextStep(world.nextStep());
    for (WorldMember member : world.members()) {
      wire.addMembers(
          Member.newBuilder()
              .setWorkerId(member.name())
              .setCollectiveAddress(member.address())
              .setCapability(member.capability()));
    }
    return wire.build();
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
        .build();
  }

  static Checkpoint checkpoint(CommittedCheckpoint checkpoint) {
    return Checkpoint.newBuilder()
        .setDir(checkpoint.dir().toString())
        .setSteps(checkpoint.steps())
        .setManifestSha256(checkpoint.manifestSha256())
        .setLast(checkpoint.last())
        .build();
  }

  static GetStatusResponse status(RunStatus status) {
    GetStatusResponse.Builder wire =
        GetStatusResponse.newBuilder()
            .setRun(status.run())
            .setPhase(phase(status.phase()))
            .setDetail(status.detail())
            .setGeneration(status.generation())
            .setSteps(status.steps())
            .setTotalSteps(status.totalSteps())
            .setLoss(status.loss())
            .setStepsPerSecond(status.stepsPerSecond());
    for (RunStatus.WorkerStatus worker : status.workers()) {
      wire.addWorkers(
          WorkerStatus.newBuilder()
              .setWorkerId(worker.name())
              .setRank(worker.rank())
              .setActivity(worker.activity())
              .setSilentMillis(worker.silentMillis())
              .setReducedStep(worker.reducedStep()));
    }
    return wire.build();
  }

  private static GetStatusResponse.Phase phase(Phase phase) {
    return switch (phase) {
      case WAITING -> GetStatusResponse.Phase.PHASE_WAITING;
      case FORMING -> GetStatusResponse.Phase.PHASE_FORMING;
      case TRAINING -> GetStatusResponse.Phase.PHASE_TRAINING;
      case SAVING -> GetStatusResponse.Phase.PHASE_SAVING;
      case FINISHED -> GetStatusResponse.Phase.PHASE_FINISHED;
      case FAILED -> GetStatusResponse.Phase.PHASE_FAILED;
    };
  }
}
