package io.lockstep.worker.rpc;

import com.google.protobuf.ByteString;
import io.lockstep.proto.coordinator.v1.Applied;
import io.lockstep.proto.coordinator.v1.Broken;
import io.lockstep.proto.coordinator.v1.BucketResult;
import io.lockstep.proto.coordinator.v1.Challenge;
import io.lockstep.proto.coordinator.v1.CheckpointFile;
import io.lockstep.proto.coordinator.v1.CheckpointPart;
import io.lockstep.proto.coordinator.v1.Evaluated;
import io.lockstep.proto.coordinator.v1.Failure;
import io.lockstep.proto.coordinator.v1.Heartbeat;
import io.lockstep.proto.coordinator.v1.Hello;
import io.lockstep.proto.coordinator.v1.Leaving;
import io.lockstep.proto.coordinator.v1.Ready;
import io.lockstep.proto.coordinator.v1.Reduced;
import io.lockstep.proto.coordinator.v1.Stalled;
import io.lockstep.proto.coordinator.v1.Telemetry;
import io.lockstep.proto.coordinator.v1.UnreadableRecord;
import io.lockstep.proto.coordinator.v1.VirtualRankResult;
import io.lockstep.proto.coordinator.v1.WorkerMessage;
import io.lockstep.security.ProcessKey;
import io.lockstep.worker.checkpoint.WrittenFile;
import io.lockstep.worker.protocol.Session.BucketFigures;
import io.lockstep.worker.protocol.Session.Contribution;
import io.lockstep.worker.protocol.Session.DatasetSums;
import io.lockstep.worker.protocol.Session.Holding;
import io.lockstep.worker.protocol.Session.KindSums;
import io.lockstep.worker.protocol.Session.RecordResult;
import io.lockstep.worker.protocol.Session.StepTimes;
import io.lockstep.worker.protocol.Session.TermSum;
import io.lockstep.worker.protocol.Session.Unreadable;
import java.util.List;

/** What a worker says to its coordinator, as messages of the contract. */
final class Reports {

  /** Most samples that are named of a virtual rank that is not finite. */
  private static final int MOST_NAMES = 32;

  /** Most characters of what is wrong with a record, and of a sample's name. */
  private static final int LONGEST_WORDS = 300;

  private Reports() {}

  static WorkerMessage.Builder hello(
      CoordinatorSession.Introduction introduction,
      ProcessKey key,
      Challenge challenge,
      boolean loaded,
      List<Holding> holdings) {
    return WorkerMessage.newBuilder()
        .setHello(
            Hello.newBuilder()
                .setWorkerId(introduction.name())
                .setCollectiveAddress(introduction.collectiveAddress())
                .setCapability(introduction.capability())
                .setNode(introduction.node())
                .putAllNumerics(introduction.numerics())
                .setNccl(introduction.nccl())
                .setNcclMissing(introduction.ncclMissing())
                .setIncarnation(key.name())
                .setSignature(
                    ByteString.copyFrom(
                        key.sign(
                            challenge.getNonce().toByteArray(),
                            introduction.name(),
                            introduction.collectiveAddress())))
                .setLoading(!loaded)
                .addAllHoldings(holdings.stream().map(Reports::holding).toList()));
  }

  private static io.lockstep.proto.coordinator.v1.Holding holding(Holding holding) {
    return io.lockstep.proto.coordinator.v1.Holding.newBuilder()
        .setRank(holding.shard().rank())
        .setWorld(holding.shard().world())
        .setBuddy(holding.shard().replicates())
        .setSteps(holding.steps())
        .setReducedNext(holding.reducedNext())
        .build();
  }

  /**
   * A sign of life, with all that holds of the worker.
   *
   * @param awaited ranks of the generation that it has no connection with yet
   */
  static WorkerMessage.Builder heartbeat(
      long generation, String activity, Standing standing, List<Integer> awaited) {
    io.lockstep.proto.coordinator.v1.Standing.Builder wire =
        io.lockstep.proto.coordinator.v1.Standing.newBuilder()
            .setLoading(!standing.loaded())
            .setLeaving(standing.leaving() == null ? "" : standing.leaving())
            .setReady(standing.ready())
            .addAllAwaited(awaited);
    Standing.Broken broken = standing.broken();
    if (broken != null) {
      wire.setBroken(brokenOf(broken.generation(), broken.peer(), broken.what()));
    }
    return WorkerMessage.newBuilder()
        .setHeartbeat(
            Heartbeat.newBuilder()
                .setGeneration(generation)
                .setActivity(activity)
                .setStanding(wire));
  }

  private static Broken brokenOf(long generation, int peer, String what) {
    return Broken.newBuilder().setGeneration(generation).setPeer(peer).setWhat(what).build();
  }

  static WorkerMessage.Builder loaded() {
    return WorkerMessage.newBuilder().setReady(Ready.getDefaultInstance());
  }

  static WorkerMessage.Builder ready(long generation) {
    return WorkerMessage.newBuilder().setReady(Ready.newBuilder().setGeneration(generation));
  }

  static WorkerMessage.Builder broken(long generation, int peer, String what) {
    return WorkerMessage.newBuilder().setBroken(brokenOf(generation, peer, what));
  }

  static WorkerMessage.Builder stalled(long generation, int peer, String what) {
    return WorkerMessage.newBuilder()
        .setStalled(Stalled.newBuilder().setGeneration(generation).setPeer(peer).setWhat(what));
  }

  static WorkerMessage.Builder leaving(String reason) {
    return WorkerMessage.newBuilder().setLeaving(Leaving.newBuilder().setReason(reason));
  }

  static WorkerMessage.Builder reduced(
      long generation, long step, List<Contribution> contributions, List<BucketFigures> buckets) {
    return WorkerMessage.newBuilder()
        .setReduced(
            Reduced.newBuilder()
                .setGeneration(generation)
                .setStep(step)
                .addAllVirtualRanks(contributions.stream().map(Reports::result).toList())
                .addAllBuckets(buckets.stream().map(Reports::result).toList()));
  }

  private static VirtualRankResult result(Contribution contribution) {
    return VirtualRankResult.newBuilder()
        .setVirtualRank(contribution.virtualRank())
        .setLossSum(contribution.lossSum())
        .setTokens(contribution.tokens())
        .setCorrectTokens(contribution.correctTokens())
        .addAllReplaced(contribution.replaced())
        .addAllUnreadable(contribution.unreadable().stream().map(Reports::unreadable).toList())
        .addAllDatasets(contribution.datasets().stream().map(Reports::sums).toList())
        .addAllTerms(contribution.terms().stream().map(Reports::term).toList())
        .addAllNotFinite(
            contribution.notFinite().stream().limit(MOST_NAMES).map(Reports::shortened).toList())
        .putAllCounts(contribution.counts().values())
        .build();
  }

  private static String shortened(String words) {
    return words.length() <= LONGEST_WORDS ? words : words.substring(0, LONGEST_WORDS) + " ...";
  }

  private static UnreadableRecord unreadable(Unreadable record) {
    return UnreadableRecord.newBuilder()
        .setSample(record.sample())
        .setWhat(shortened(record.what()))
        .build();
  }

  private static io.lockstep.proto.coordinator.v1.DatasetSums sums(DatasetSums sums) {
    return io.lockstep.proto.coordinator.v1.DatasetSums.newBuilder()
        .setDataset(sums.dataset())
        .setLossSum(sums.lossSum())
        .setTokens(sums.tokens())
        .setCorrectTokens(sums.correctTokens())
        .addAllKinds(sums.kinds().stream().map(Reports::kind).toList())
        .build();
  }

  private static io.lockstep.proto.coordinator.v1.KindSums kind(KindSums sums) {
    return io.lockstep.proto.coordinator.v1.KindSums.newBuilder()
        .setKind(sums.kind())
        .setTokens(sums.tokens())
        .setCorrectTokens(sums.correctTokens())
        .build();
  }

  private static io.lockstep.proto.coordinator.v1.TermSum term(TermSum term) {
    return io.lockstep.proto.coordinator.v1.TermSum.newBuilder()
        .setName(term.name())
        .setSum(term.sum())
        .setNormaliser(term.normaliser())
        .build();
  }

  private static BucketResult result(BucketFigures bucket) {
    return BucketResult.newBuilder()
        .setBucket(bucket.bucket())
        .setSquareSum(bucket.squareSum())
        .setCrc32C(bucket.crc32c())
        .build();
  }

  static WorkerMessage.Builder applied(long generation, long step) {
    return WorkerMessage.newBuilder()
        .setApplied(Applied.newBuilder().setGeneration(generation).setStep(step));
  }

  static WorkerMessage.Builder evaluated(
      long generation, long steps, int firstRecord, List<RecordResult> results) {
    Evaluated.Builder share =
        Evaluated.newBuilder()
            .setGeneration(generation)
            .setSteps(steps)
            .setFirstRecord(firstRecord);
    for (RecordResult result : results) {
      share
          .addLossSums(result.lossSum())
          .addTokens(result.tokens())
          .addCorrectTokens(result.correctTokens());
    }
    return WorkerMessage.newBuilder().setEvaluated(share);
  }

  static WorkerMessage.Builder checkpointPart(
      long generation, long steps, List<WrittenFile> files) {
    return WorkerMessage.newBuilder()
        .setCheckpointPart(
            CheckpointPart.newBuilder()
                .setGeneration(generation)
                .setSteps(steps)
                .addAllFiles(files.stream().map(Reports::file).toList()));
  }

  private static CheckpointFile file(WrittenFile file) {
    return CheckpointFile.newBuilder()
        .setPath(file.path())
        .setBytes(file.bytes())
        .setSha256(file.sha256())
        .build();
  }

  static WorkerMessage.Builder failed(String message) {
    return WorkerMessage.newBuilder().setFailure(Failure.newBuilder().setMessage(message));
  }

  static WorkerMessage.Builder times(StepTimes times) {
    return WorkerMessage.newBuilder()
        .setTelemetry(
            Telemetry.newBuilder()
                .setStep(times.step())
                .setDataSeconds(times.data())
                .setComputeSeconds(times.compute())
                .setCommunicationSeconds(times.communication())
                .setResidentBytes(times.residentBytes()));
  }
}
