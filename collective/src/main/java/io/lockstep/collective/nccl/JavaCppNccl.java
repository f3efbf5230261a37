package io.lockstep.collective.nccl;

import static io.lockstep.collective.nccl.JavaCppCuda.stream;

import io.lockstep.collective.nccl.JavaCppCuda.At;
import org.bytedeco.cuda.global.nccl;
import org.bytedeco.cuda.nccl.ncclComm;
import org.bytedeco.cuda.nccl.ncclConfig_t;
import org.bytedeco.cuda.nccl.ncclUniqueId;
import org.bytedeco.javacpp.BytePointer;
import org.jspecify.annotations.Nullable;

/** NCCL through JavaCPP's preset. Loading this class loads the library. */
final class JavaCppNccl implements NcclLibrary {

  /** What NCCL_CONFIG_INITIALIZER gives every field that is left to NCCL. */
  private static final int UNDEFINED = Integer.MIN_VALUE;

  private static ncclComm communicator(long handle) {
    return new ncclComm(new At(handle));
  }

  @Override
  public int version() {
    int[] version = new int[1];
    check(nccl.ncclGetVersion(version), "ncclGetVersion");
    return version[0];
  }

  private static void check(int result, String function) {
    if (result != nccl.ncclSuccess) {
      throw new NcclException(
          "%s answered %d (%s): %s"
              .formatted(function, result, NcclResult.of(result).words(), said(null)));
    }
  }

  private static String said(@Nullable ncclComm communicator) {
    BytePointer text = nccl.ncclGetLastError(communicator);
    return text == null || text.isNull() ? "" : text.getString().strip();
  }

  @Override
  public byte[] uniqueId() {
    try (ncclUniqueId id = new ncclUniqueId()) {
      check(nccl.ncclGetUniqueId(id), "ncclGetUniqueId");
      byte[] bytes = new byte[UNIQUE_ID_BYTES];
      for (int i = 0; i < bytes.length; i++) {
        bytes[i] = id.internal(i);
      }
      return bytes;
    }
  }

  @Override
  public Begun begin(int size, byte[] id, int rank) {
    try (ncclUniqueId known = new ncclUniqueId();
        ncclConfig_t config = new ncclConfig_t()) {
      for (int i = 0; i < id.length; i++) {
        known.internal(i, id[i]);
      }
      fill(config);
      ncclComm made = new ncclComm();
      int result = nccl.ncclCommInitRankConfig(made, size, known, rank, config);
      return new Begun(NcclResult.of(result), made.address());
    }
  }

  /** What NCCL_CONFIG_INITIALIZER says, a macro that JavaCPP can't call, but non-blocking. */
  private static void fill(ncclConfig_t config) {
    BytePointer none = new BytePointer();
    config
        .size(config.sizeof())
        .magic(nccl.NCCL_API_MAGIC)
        .version(nccl.NCCL_VERSION_CODE)
        .blocking(0)
        .cgaClusterSize(UNDEFINED)
        .minCTAs(UNDEFINED)
        .maxCTAs(UNDEFINED)
        .netName(none)
        .splitShare(UNDEFINED)
        .trafficClass(UNDEFINED)
        .commName(none)
        .collnetEnable(UNDEFINED)
        .CTAPolicy(UNDEFINED)
        .shrinkShare(UNDEFINED)
        .nvlsCTAs(UNDEFINED)
        .nChannelsPerNetPeer(UNDEFINED)
        .nvlinkCentricSched(UNDEFINED)
        .graphUsageMode(UNDEFINED)
        .numRmaCtx(UNDEFINED);
  }

  @Override
  public NcclResult asyncError(long communicator) {
    int[] state = new int[1];
    int result = nccl.ncclCommGetAsyncError(communicator(communicator), state);
    return NcclResult.of(result == nccl.ncclSuccess ? state[0] : result);
  }

  @Override
  public String lastError(long communicator) {
    return said(communicator(communicator));
  }

  @Override
  public NcclResult groupStart() {
    return NcclResult.of(nccl.ncclGroupStart());
  }

  @Override
  public NcclResult groupEnd() {
    return NcclResult.of(nccl.ncclGroupEnd());
  }

  @Override
  public NcclResult send(long from, long bytes, int peer, long communicator, long stream) {
    return NcclResult.of(
        nccl.ncclSend(
            new At(from), bytes, nccl.ncclUint8, peer, communicator(communicator), stream(stream)));
  }

  @Override
  public NcclResult receive(long into, long bytes, int peer, long communicator, long stream) {
    return NcclResult.of(
        nccl.ncclRecv(
            new At(into), bytes, nccl.ncclUint8, peer, communicator(communicator), stream(stream)));
  }

  @Override
  public NcclResult allReduce(long from, long into, long floats, long communicator, long stream) {
    return NcclResult.of(
        nccl.ncclAllReduce(
            new At(from),
            new At(into),
            floats,
            nccl.ncclFloat32,
            nccl.ncclSum,
            communicator(communicator),
            stream(stream)));
  }

  @Override
  public NcclResult reduceScatter(
      long from, long into, long floats, long communicator, long stream) {
    return NcclResult.of(
        nccl.ncclReduceScatter(
            new At(from),
            new At(into),
            floats,
            nccl.ncclFloat32,
            nccl.ncclSum,
            communicator(communicator),
            stream(stream)));
  }

  @Override
  public NcclResult allGather(long from, long into, long bytes, long communicator, long stream) {
    return NcclResult.of(
        nccl.ncclAllGather(
            new At(from),
            new At(into),
            bytes,
            nccl.ncclUint8,
            communicator(communicator),
            stream(stream)));
  }

  @Override
  public NcclResult reduce(
      long from, long into, long floats, int root, long communicator, long stream) {
    return NcclResult.of(
        nccl.ncclReduce(
            new At(from),
            new At(into),
            floats,
            nccl.ncclFloat32,
            nccl.ncclSum,
            root,
            communicator(communicator),
            stream(stream)));
  }

  @Override
  public NcclResult broadcast(
      long from, long into, long bytes, int root, long communicator, long stream) {
    return NcclResult.of(
        nccl.ncclBroadcast(
            new At(from),
            new At(into),
            bytes,
            nccl.ncclUint8,
            root,
            communicator(communicator),
            stream(stream)));
  }

  @Override
  public NcclResult finish(long communicator) {
    return NcclResult.of(nccl.ncclCommFinalize(communicator(communicator)));
  }

  @Override
  public NcclResult destroy(long communicator) {
    return NcclResult.of(nccl.ncclCommDestroy(communicator(communicator)));
  }

  @Override
  public NcclResult abort(long communicator) {
    return NcclResult.of(nccl.ncclCommAbort(communicator(communicator)));
  }
}
