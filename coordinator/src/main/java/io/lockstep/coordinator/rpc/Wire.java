package io.lockstep.coordinator.rpc;

import io.lockstep.coordinator.CommittedCheckpoint;
import io.lockstep.coordinator.DatasetSums;
import io.lockstep.coordinator.KindSums;
import io.lockstep.coordinator.Numerics;
import io.lockstep.coordinator.Phase;
import io.lockstep.coordinator.RunStatus;
import io.lockstep.coordinator.StepCounts;
import io.lockstep.coordinator.TermSum;
import io.lockstep.coordinator.UnreadableRecord;
import io.lockstep.coordinator.machine.Event;
import io.lockstep.coordinator.machine.Holding;
import io.lockstep.coordinator.machine.NcclAbility;
import io.lockstep.data.plan.Shard;
import io.lockstep.proto.coordinator.v1.Broken;
import io.lockstep.proto.coordinator.v1.Checkpoint;
import io.lockstep.proto.coordinator.v1.Evaluated;
import io.lockstep.proto.coordinator.v1.GetStatusResponse;
import io.lockstep.proto.coordinator.v1.Hello;
import io.lockstep.proto.coordinator.v1.Notice;
import io.lockstep.proto.coordinator.v1.Reduced;
import io.lockstep.proto.coordinator.v1.Remaining;
import io.lockstep.proto.coordinator.v1.Standing;
import io.lockstep.proto.coordinator.v1.Telemetry;
import io.lockstep.proto.coordinator.v1.WorkerMessage;
import io.lockstep.proto.coordinator.v1.WorkerStatus;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;

/** Maps wire messages to the machine's records and back. */
final class Wire {

  private Wire() {}

  /** Most shards that a worker may say it holds: a few generations that never began. */
  private static final int MAX_HOLDINGS = 16;

  /** Most ranks that a heartbeat may name. */
  private static final int MAX_AWAITED = 64;

  /** Most samples that a virtual rank may name. */
  private static final int MAX_NAMES = 64;

  private static final int MAX_PATH = 1024;

  /**
   * A worker's introduction.
   *
   * @throws IllegalArgumentException if its names can't be shown or it holds shards that can't be
   */
  static Event.Joined joined(long session, Hello hello) {
    if (hello.getHoldingsCount() > MAX_HOLDINGS) {
      throw new IllegalArgumentException(
          "a worker can't hold " + hello.getHoldingsCount() + " shards");
    }
    return new Event.Joined(
        session,
        PlainText.name("a worker's name", hello.getWorkerId()),
        PlainText.address(hello.getCollectiveAddress()),
        PlainText.name("a worker's capability", hello.getCapability()),
        PlainText.name("a worker's incarnation", hello.getIncarnation()),
        hello.getHoldingsList().stream().map(Wire::holding).toList(),
        hello.getLoading(),
        PlainText.name("a worker's node", hello.getNode()),
        new Numerics(numerics(hello)),
        nccl(hello));
  }

  private static NcclAbility nccl(Hello hello) {
    String version = PlainText.name("a worker's version of NCCL", hello.getNccl());
    return version.isEmpty() && hello.getNcclMissing().isBlank()
        ? NcclAbility.UNTOLD
        : new NcclAbility(version, line(hello.getNcclMissing()));
  }

  private static SortedMap<String, String> numerics(Hello hello) {
    SortedMap<String, String> numerics = new TreeMap<>();
    hello
        .getNumericsMap()
        .forEach((name, value) ->
            numerics.put(
                PlainText.name("a name of a worker's numerics", name), PlainText.line(value)));
    return numerics;
  }

  private static Holding holding(io.lockstep.proto.coordinator.v1.Holding wire) {
    return new Holding(
        new Shard(wire.getRank(), wire.getWorld(), wire.getBuddy()),
        wire.getSteps(),
        wire.getReducedNext());
  }

  static io.lockstep.proto.coordinator.v1.Holding holding(Holding holding) {
    return io.lockstep.proto.coordinator.v1.Holding.newBuilder()
        .setRank(holding.shard().rank())
        .setWorld(holding.shard().world())
        .setBuddy(holding.shard().replicates())
        .setSteps(holding.steps())
        .setReducedNext(holding.reducedNext())
        .build();
  }

  /** What a joined worker said; empty for a second Hello or a message without a kind. */
  static Optional<Event.FromWorker> event(long session, WorkerMessage message) {
    return switch (message.getKindCase()) {
      case HEARTBEAT ->
          Optional.of(
              new Event.Heartbeat(
                  session,
                  message.getHeartbeat().getGeneration(),
                  line(message.getHeartbeat().getActivity()),
                  message.getHeartbeat().hasStanding()
                      ? Optional.of(standing(session, message.getHeartbeat().getStanding()))
                      : Optional.empty()));
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
                              path(file.getPath()), file.getBytes(), line(file.getSha256())))
                      .toList()));
      case EVALUATED -> Optional.of(evaluated(session, message.getEvaluated()));
      case FAILURE ->
          Optional.of(new Event.Failed(session, line(message.getFailure().getMessage())));
      case TELEMETRY -> Optional.of(telemetry(session, message.getTelemetry()));
      case BROKEN -> Optional.of(broken(session, message.getBroken()));
      case LEAVING ->
          Optional.of(new Event.Leaving(session, line(message.getLeaving().getReason())));
      case STALLED ->
          Optional.of(
              new Event.Stalled(
                  session,
                  message.getStalled().getGeneration(),
                  message.getStalled().getPeer(),
                  line(message.getStalled().getWhat())));
      case HELLO, KIND_NOT_SET -> Optional.empty();
    };
  }

  /** A worker's share of an evaluation; lists of different lengths break the protocol. */
  private static Event.FromWorker evaluated(long session, Evaluated wire) {
    int count = wire.getTokensCount();
    if (wire.getLossSumsCount() != count || wire.getCorrectTokensCount() != count) {
      return new Event.Violated(
          session,
          "its share of an evaluation has %d losses, %d counts of tokens and %d of right ones"
              .formatted(wire.getLossSumsCount(), count, wire.getCorrectTokensCount()));
    }
    return new Event.Evaluated(
        session,
        wire.getGeneration(),
        wire.getSteps(),
        wire.getFirstRecord(),
        IntStream.range(0, count)
            .mapToObj(i ->
                new Event.RecordResult(
                    wire.getLossSums(i), wire.getTokens(i), wire.getCorrectTokens(i)))
            .toList());
  }

  private static String line(String text) {
    return PlainText.line(text);
  }

  /** A path that was cut names no file that was written, which the check of the files reports. */
  private static String path(String text) {
    return text.length() <= MAX_PATH && text.equals(line(text)) ? text : "";
  }

  private static Event.Broken broken(long session, Broken broken) {
    return new Event.Broken(
        session, broken.getGeneration(), broken.getPeer(), line(broken.getWhat()));
  }

  private static Event.Standing standing(long session, Standing standing) {
    return new Event.Standing(
        standing.getLoading(),
        line(standing.getLeaving()),
        standing.getReady(),
        standing.getAwaitedList().stream().limit(MAX_AWAITED).toList(),
        standing.hasBroken()
            ? Optional.of(broken(session, standing.getBroken()))
            : Optional.empty());
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
                    result.getReplacedList(),
                    result.getUnreadableList().stream()
                        .map(record ->
                            new UnreadableRecord(record.getSample(), line(record.getWhat())))
                        .toList(),
                    result.getDatasetsList().stream().map(Wire::sums).toList(),
                    result.getTermsList().stream().map(Wire::term).toList(),
                    counts(result.getCountsMap()),
                    result.getNotFiniteList().stream().limit(MAX_NAMES).map(Wire::line).toList()))
            .toList(),
        reduced.getBucketsList().stream()
            .map(result ->
                new Event.BucketResult(
                    result.getBucket(), result.getSquareSum(), result.getCrc32C()))
            .toList());
  }

  private static DatasetSums sums(io.lockstep.proto.coordinator.v1.DatasetSums wire) {
    return new DatasetSums(
        wire.getDataset(),
        wire.getLossSum(),
        wire.getTokens(),
        wire.getCorrectTokens(),
        wire.getKindsList().stream()
            .map(kind -> new KindSums(kind.getKind(), kind.getTokens(), kind.getCorrectTokens()))
            .toList());
  }

  private static TermSum term(io.lockstep.proto.coordinator.v1.TermSum wire) {
    return new TermSum(line(wire.getName()), wire.getSum(), wire.getNormaliser());
  }

  private static StepCounts counts(Map<String, Long> wire) {
    SortedMap<String, Long> counts = new TreeMap<>();
    wire.forEach((name, count) -> counts.merge(line(name), count, Long::sum));
    return new StepCounts(counts);
  }

  static io.lockstep.proto.coordinator.v1.TermSum term(TermSum term) {
    return io.lockstep.proto.coordinator.v1.TermSum.newBuilder()
        .setName(term.name())
        .setSum(term.sum())
        .setNormaliser(term.normaliser())
        .build();
  }

  static io.lockstep.proto.coordinator.v1.DatasetSums sums(DatasetSums sums) {
    return io.lockstep.proto.coordinator.v1.DatasetSums.newBuilder()
        .setDataset(sums.dataset())
        .setLossSum(sums.lossSum())
        .setTokens(sums.tokens())
        .setCorrectTokens(sums.correctTokens())
        .addAllKinds(sums.kinds().stream().map(Wire::kind).toList())
        .build();
  }

  private static io.lockstep.proto.coordinator.v1.KindSums kind(KindSums sums) {
    return io.lockstep.proto.coordinator.v1.KindSums.newBuilder()
        .setKind(sums.kind())
        .setTokens(sums.tokens())
        .setCorrectTokens(sums.correctTokens())
        .build();
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
    status
        .remaining()
        .ifPresent(time ->
            wire.setRemaining(
                Remaining.newBuilder()
                    .setSeconds(time.seconds())
                    .setLowSeconds(time.low())
                    .setHighSeconds(time.high())));
    for (RunStatus.WorkerStatus worker : status.workers()) {
      wire.addWorkers(
          WorkerStatus.newBuilder()
              .setWorkerId(worker.name())
              .setRank(worker.rank())
              .setActivity(worker.activity())
              .setSilentMillis(worker.silentMillis())
              .setReducedStep(worker.reducedStep())
              .setNode(worker.node()));
    }
    for (RunStatus.Notice notice : status.notices()) {
      wire.addNotices(Notice.newBuilder().setNumber(notice.number()).setText(notice.text()));
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
