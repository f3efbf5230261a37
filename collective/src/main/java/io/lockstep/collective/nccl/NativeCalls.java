package io.lockstep.collective.nccl;

import io.lockstep.collective.NativeReduction;
import io.lockstep.tensor.Buffer;
import io.lockstep.tensor.Dtype;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Sums and gathers that NCCL makes itself. Parts of equal length that lie side by side are one
 * call; others are a group of calls, one for each rank's part.
 */
final class NativeCalls implements NativeReduction {

  private final NcclCollective collective;
  private final NcclExchange.Channel channel;

  NativeCalls(NcclCollective collective, NcclExchange.Channel channel) {
    this.collective = collective;
    this.channel = channel;
  }

  @Override
  public void allReduce(long tag, Buffer values) {
    requireFloats(values);
    long address = requireDevice(values);
    call(
        tag,
        "all-reduce",
        List.of(values),
        (nccl, communicator) ->
            nccl.allReduce(address, address, values.elements(), communicator, channel.stream()));
  }

  @Override
  public void reduceScatter(long tag, List<Buffer> parts) {
    parts.forEach(NativeCalls::requireFloats);
    List<Long> addresses = addresses(parts);
    call(
        tag,
        "reduce-scatter",
        parts,
        (nccl, communicator) ->
            areAlike(parts, addresses)
                ? nccl.reduceScatter(
                    addresses.getFirst(),
                    addresses.get(collective.rank()),
                    parts.getFirst().elements(),
                    communicator,
                    channel.stream())
                : forEach(
                    parts,
                    root ->
                        nccl.reduce(
                            addresses.get(root),
                            addresses.get(root),
                            parts.get(root).elements(),
                            root,
                            communicator,
                            channel.stream())));
  }

  @Override
  public void allGather(long tag, List<Buffer> parts) {
    List<Long> addresses = addresses(parts);
    call(
        tag,
        "all-gather",
        parts,
        (nccl, communicator) ->
            areAlike(parts, addresses)
                ? nccl.allGather(
                    addresses.get(collective.rank()),
                    addresses.getFirst(),
                    parts.getFirst().bytes(),
                    communicator,
                    channel.stream())
                : forEach(
                    parts,
                    root ->
                        nccl.broadcast(
                            addresses.get(root),
                            addresses.get(root),
                            parts.get(root).bytes(),
                            root,
                            communicator,
                            channel.stream())));
  }

  /** A call for a rank's part. */
  private interface OfRank {
    NcclResult post(int root);
  }

  private static NcclResult forEach(List<Buffer> parts, OfRank call) {
    for (int root = 0; root < parts.size(); root++) {
      if (parts.get(root).bytes() > 0) {
        NcclResult posted = call.post(root);
        if (!posted.isFine()) {
          return posted;
        }
      }
    }
    return NcclResult.SUCCESS;
  }

  private static boolean areAlike(List<Buffer> parts, List<Long> addresses) {
    long bytes = parts.getFirst().bytes();
    return bytes > 0
        && IntStream.range(0, parts.size())
            .allMatch(rank ->
                parts.get(rank).bytes() == bytes
                    && addresses.get(rank) == addresses.getFirst() + rank * bytes);
  }

  private List<Long> addresses(List<Buffer> parts) {
    if (parts.size() != collective.size()) {
      throw new IllegalArgumentException(
          "%d parts for %d ranks; give one per rank".formatted(parts.size(), collective.size()));
    }
    return parts.stream().map(NativeCalls::requireDevice).toList();
  }

  private static long requireDevice(Buffer values) {
    if (values.device().isHost()) {
      throw new IllegalArgumentException(
          "%s is to be summed or gathered by NCCL, which reaches memory of its device alone"
              .formatted(values));
    }
    return values.address();
  }

  private static void requireFloats(Buffer values) {
    if (values.dtype() != Dtype.FLOAT32) {
      throw new IllegalArgumentException("%s is to be summed as float32".formatted(values));
    }
  }

  private void call(long tag, String name, List<Buffer> parts, NcclCommunicator.Group group) {
    List<Long> lengths = new ArrayList<>();
    // Equal names come to equal figures.
    lengths.add((long) name.hashCode());
    parts.forEach(part -> lengths.add(part.bytes()));
    long bytes = parts.stream().mapToLong(Buffer::bytes).sum();
    collective.run(tag, () -> new NativeWork(tag, name, lengths, bytes, group));
  }

  private final class NativeWork implements NcclCollective.Work, Progress {
    private final long tag;
    private final String name;
    private final List<Long> lengths;
    private final long bytes;
    private final NcclCommunicator.Group group;
    private volatile boolean done;

    NativeWork(
        long tag, String name, List<Long> lengths, long bytes, NcclCommunicator.Group group) {
      this.tag = tag;
      this.name = name;
      this.lengths = lengths;
      this.bytes = bytes;
      this.group = group;
    }

    @Override
    public Progress progress() {
      return this;
    }

    /** A rank's share of what moves is NCCL's affair: all of it counts as one. */
    @Override
    public List<With> peers() {
      long moved = done ? bytes : 0;
      return IntStream.range(0, collective.size())
          .filter(peer -> peer != collective.rank())
          .mapToObj(peer -> new With(peer, moved, bytes, moved, bytes))
          .toList();
    }

    @Override
    public void announce() {
      collective.headers().compareAll(tag, name, lengths);
    }

    @Override
    public long move(Watch watch) {
      if (bytes == 0) {
        return 0;
      }
      CudaRuntime cuda = channel.runtime().cuda();
      channel.followComputation();
      watch.post(group);
      cuda.record(channel.ended().getFirst(), channel.stream());
      watch.await(() -> cuda.hasHappened(channel.ended().getFirst()));
      done = true;
      watch.progressed();
      return bytes;
    }
  }
}
