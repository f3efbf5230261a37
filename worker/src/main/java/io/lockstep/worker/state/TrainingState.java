package io.lockstep.worker.state;

import io.lockstep.collective.Collective;
import io.lockstep.collective.Transfer;
import io.lockstep.data.plan.Shard;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.parameter.Parameters;
import io.lockstep.tensor.Buffer;
import io.lockstep.worker.checkpoint.CheckpointReader;
import io.lockstep.worker.checkpoint.Moments;
import io.lockstep.worker.config.ClusterConfig.Resilience;
import io.lockstep.worker.config.RunConfig;
import io.lockstep.worker.protocol.Directive;
import io.lockstep.worker.protocol.Rounds;
import io.lockstep.worker.protocol.Session.Holding;
import io.lockstep.worker.zero.Buckets;
import io.lockstep.worker.zero.HeldShard;
import io.lockstep.worker.zero.ReducedGradient;
import io.lockstep.worker.zero.Resharding;
import io.lockstep.worker.zero.Resharding.Holder;
import io.lockstep.worker.zero.Resharding.Piece;
import io.lockstep.worker.zero.ResidentRanges;
import io.lockstep.worker.zero.ShardedAdamW;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What a worker holds of the run's state from one generation to the next: the model and a shard of
 * the optimizer. See docs/elasticity.md.
 *
 * <p>While a membership is being formed there are two shards: the one in force, and the new one
 * from READY until the first lease tells that everybody has theirs.
 */
public final class TrainingState implements AutoCloseable {

  private final RunConfig config;
  private final ModelSource source;
  private final long totalSteps;
  private final boolean replicates;
  private final boolean sharesWeights;

  private LoadedModel model;
  private boolean pristine = true;
  private @Nullable HeldShard current;
  private @Nullable HeldShard next;
  private @Nullable ReducedGradient reduced;

  /** Read by the session's thread. */
  private volatile List<Holding> holdings = List.of();

  public TrainingState(RunConfig config, ModelSource source, long totalSteps) throws IOException {
    this.config = config;
    this.source = source;
    this.totalSteps = totalSteps;
    replicates = config.cluster().resilience() == Resilience.BUDDY;
    sharesWeights = config.deepspeed().sharesWeights();
    model = source.load();
  }

  public LoadedModel model() {
    return model;
  }

  /** What is held, for the coordinator; from any thread. */
  public List<Holding> holdings() {
    return holdings;
  }

  /** What a rank among so many owns and copies. */
  Shard shardOf(int rank, int worldSize) {
    return new Shard(rank, worldSize, replicates);
  }

  public Buckets buckets() {
    return new Buckets(parameters().layout().size(), config.cluster().bucketFloats());
  }

  /** The shard of the newest generation this worker is ready for. */
  public HeldShard shard() {
    HeldShard newest = next != null ? next : current;
    if (newest == null) {
      throw new IllegalStateException("this worker holds no shard of the run's state yet");
    }
    return newest;
  }

  private Parameters parameters() {
    return model.trainable().trained();
  }

  /** Everybody is ready: the new shard is in force, the old one is needed no more. */
  public void generationHasBegun() {
    if (next != null) {
      close(current);
      current = next;
      next = null;
      describe();
    }
  }

  /** A step is reduced; its gradient stays valid until the generation is closed. */
  public void reduced(ReducedGradient gradient) {
    reduced = gradient;
    describe();
  }

  /** Applies the step that was reduced; one that is skipped changes nothing. */
  public void apply(Directive.Commit commit) {
    ReducedGradient gradient = reduced;
    if (gradient == null || gradient.step() != commit.step()) {
      throw new IllegalStateException(
          "step " + commit.step() + " is to be applied, but this worker has not reduced it");
    }
    if (commit.skipped()) {
      shard().skip(commit.step());
    } else {
      pristine = false;
      shard()
          .apply(
              gradient, commit.update(), GradientScale.of(config.training().maxGradNorm(), commit));
    }
    reduced = null;
    describe();
  }

  /**
   * Brings what is held to the state that a new membership starts from, as far as that needs nobody
   * else: a step that was committed is applied, one that was not is dropped. To be called before
   * anything of the old generation is closed.
   */
  public void settle(Directive.NewMembership membership) {
    ReducedGradient gradient = reduced;
    if (gradient != null
        && membership.nextStep() == gradient.step() + 1
        && membership.lastCommit().isPresent()) {
      apply(membership.lastCommit().get());
    }
    reduced = null;
    describe();
  }

  /**
   * Gets the shard of a new membership, and the parameters; where those are shared out, rank 0 has
   * all of them until its first step. What was held before stays until {@link #generationHasBegun}.
   *
   * @param participants connects members and those that depart; unused if nothing moves
   * @throws io.lockstep.collective.CollectiveException if a participant is lost; what was held
   *     before is still valid then
   */
  public void adopt(Directive.NewMembership membership, Collective participants)
      throws IOException {
    if (membership.goesOn()) {
      reshard(membership, participants);
    } else if (!membership.departs()) {
      startFromDisk(membership);
    }
    if (sharesWeights && !membership.departs() && membership.rank() > 0) {
      giveBackWeights();
    }
    describe();
  }

  /** Keeps the weights of what is held alone; the others come when they are needed. */
  private void giveBackWeights() {
    List<Buckets.Range> held = new ArrayList<>();
    for (HeldShard shard : present()) {
      held.addAll(buckets().held(shard.shard()));
    }
    new ResidentRanges(Buffer.of(parameters().flat()), held).discardRest();
    pristine = false;
  }

  private List<HeldShard> present() {
    return Stream.of(Optional.ofNullable(current), Optional.ofNullable(next))
        .flatMap(Optional::stream)
        .toList();
  }

  /** Everybody reads what it needs by itself: from a checkpoint, or what step 0 starts from. */
  private void startFromDisk(Directive.NewMembership membership) throws IOException {
    forget();
    HeldShard fresh;
    if (membership.checkpointDir().isEmpty()) {
      if (!pristine) {
        model.close();
        model = source.load();
        pristine = true;
      }
      fresh = zeroShard(membership);
    } else {
      pristine = false;
      fresh = zeroShard(membership);
      try (CheckpointReader stored = CheckpointReader.open(Path.of(membership.checkpointDir()))) {
        stored.requireFit(parameters().layout().size(), config.cluster().bucketFloats());
        Buffer.of(parameters().flat()).commit();
        stored.readTrained(model);
        stored.readMoments(moments(fresh.owned()));
        stored.readMoments(moments(fresh.copied()));
      } catch (IOException | RuntimeException failure) {
        fresh.close();
        throw failure;
      }
    }
    next = fresh;
  }

  /** The moments of a part, with their place in the flat buffer. */
  public static Moments moments(ShardedAdamW part) {
    return new Moments(part.owned().start(), part.mean(), part.meanSquare());
  }

  private void forget() {
    close(current);
    close(next);
    current = null;
    next = null;
  }

  private HeldShard zeroShard(Directive.NewMembership membership) {
    return new HeldShard(
        shardOf(membership.rank(), membership.members().size()),
        buckets(),
        parameters(),
        config.optimizer(),
        totalSteps,
        membership.nextStep());
  }

  private void reshard(Directive.NewMembership membership, Collective participants) {
    List<HeldShard> held = keepWhatCounts(membership);
    Buckets buckets = buckets();
    List<Piece> pieces =
        Resharding.plan(
            membership.holders(),
            membership.members().size(),
            replicates,
            sharesWeights,
            buckets.count());
    if (membership.departs()) {
      exchange(membership.rank(), pieces, held, null, participants);
      return;
    }
    HeldShard fresh = zeroShard(membership);
    try {
      copyMoments(held, fresh, buckets);
      pristine = false;
      exchange(membership.rank(), pieces, held, fresh, participants);
    } catch (RuntimeException failure) {
      fresh.close();
      throw failure;
    }
    next = fresh;
  }

  /** Drops what the coordinator does not count on; the rest is what this worker gives from. */
  private List<HeldShard> keepWhatCounts(Directive.NewMembership membership) {
    List<Shard> counted =
        membership.holders().stream()
            .filter(holder -> holder.rank() == membership.rank())
            .map(Holder::shard)
            .toList();
    current = keptIf(counted, current, membership.nextStep());
    next = keptIf(counted, next, membership.nextStep());
    if (current == null) {
      current = next;
      next = null;
    }
    List<HeldShard> held = present();
    List<Shard> present = held.stream().map(HeldShard::shard).toList();
    if (!present.containsAll(counted)) {
      throw new IllegalStateException(
          "generation %d counts on %s after %d steps, this worker holds %s"
              .formatted(membership.generation(), counted, membership.nextStep(), holdings));
    }
    return held;
  }

  private static @Nullable HeldShard keptIf(
      List<Shard> counted, @Nullable HeldShard shard, long steps) {
    if (shard == null || (shard.steps() == steps && counted.contains(shard.shard()))) {
      return shard;
    }
    shard.close();
    return null;
  }

  private static void copyMoments(List<HeldShard> held, HeldShard fresh, Buckets buckets) {
    for (Shard.Span span : fresh.shard().held(buckets.count())) {
      for (int bucket = span.first(); bucket < span.end(); bucket++) {
        Shard.Span one = new Shard.Span(bucket, bucket + 1);
        int wanted = bucket;
        held.stream()
            .filter(shard -> shard.holds(wanted))
            .findFirst()
            .ifPresent(shard -> copy(shard.moments(one), fresh.moments(one)));
      }
    }
  }

  private static void copy(List<Buffer> from, List<Buffer> into) {
    for (int i = 0; i < from.size(); i++) {
      var _ = into.get(i).copyFrom(from.get(i));
    }
  }

  private void exchange(
      int rank,
      List<Piece> pieces,
      List<HeldShard> held,
      @Nullable HeldShard fresh,
      Collective participants) {
    List<Transfer> sends = new ArrayList<>();
    List<Transfer> receives = new ArrayList<>();
    Map<Integer, Integer> sendSlots = new HashMap<>();
    Map<Integer, Integer> receiveSlots = new HashMap<>();
    for (Piece piece : pieces) {
      if (piece.from() == rank) {
        add(sends, piece.to(), sendSlots, memory(piece, giver(held, piece)));
      } else if (piece.to() == rank && fresh != null) {
        List<Buffer> memory = memory(piece, fresh);
        memory.forEach(Buffer::commit);
        add(receives, piece.from(), receiveSlots, memory);
      }
    }
    participants.exchange(Rounds.STATE, sends, receives);
  }

  private static HeldShard giver(List<HeldShard> held, Piece piece) {
    for (HeldShard shard : held) {
      if (shard.holdsAll(piece.buckets())) {
        return shard;
      }
    }
    throw new IllegalStateException(piece + " is to come from a worker that does not hold it");
  }

  private List<Buffer> memory(Piece piece, HeldShard shard) {
    Buckets.Range range = buckets().range(piece.buckets());
    List<Buffer> memory = new ArrayList<>();
    memory.add(Buffer.of(parameters().flat()).slice(range.start(), range.floats()));
    if (piece.moments()) {
      memory.addAll(shard.moments(piece.buckets()));
    }
    return memory;
  }

  private static void add(
      List<Transfer> transfers, int peer, Map<Integer, Integer> slots, List<Buffer> memory) {
    for (Buffer part : memory) {
      int slot = slots.merge(peer, 1, Integer::sum) - 1;
      transfers.add(new Transfer(peer, slot, part));
    }
  }

  private void describe() {
    List<Holding> described = new ArrayList<>();
    if (current != null) {
      described.add(new Holding(current.shard(), current.steps(), next == null && reduced != null));
    }
    if (next != null) {
      described.add(new Holding(next.shard(), next.steps(), reduced != null));
    }
    holdings = List.copyOf(described);
  }

  private static void close(@Nullable HeldShard shard) {
    if (shard != null) {
      shard.close();
    }
  }

  @Override
  public void close() {
    forget();
    model.close();
  }
}
