package io.lockstep.collective.nccl.standin;

import io.lockstep.collective.Collective;
import io.lockstep.collective.nccl.NcclCollective;
import io.lockstep.collective.nccl.NcclOptions;
import io.lockstep.collective.nccl.NcclResult;
import io.lockstep.collective.nccl.NcclRuntime;
import io.lockstep.collective.testing.Transport;
import java.time.Duration;
import java.util.List;
import java.util.function.UnaryOperator;

/** Ranks of one process with a device each, connected by NCCL's stand-in. */
public final class StandIn implements Transport {

  private static final int DEVICES = 8;

  private final Violations violations = new Violations();
  private final StandInCuda cuda = new StandInCuda(DEVICES, violations);
  private final StandInNccl nccl;
  private UnaryOperator<NcclOptions> changes = options -> options;
  private long computation;

  /**
   * Devices of a process.
   *
   * @param remoteErrors whether NCCL tells of a peer whose process has ended
   */
  public StandIn(boolean remoteErrors) {
    nccl = new StandInNccl(cuda, violations, remoteErrors);
  }

  /** Messages are cut into pieces of this length. */
  public StandIn withPieces(long bytes) {
    return with(options ->
        new NcclOptions(options.connections(), bytes, options.meeting(), options.closedGrace()));
  }

  /** Ranks have this long to make their communicator. */
  public StandIn withMeeting(Duration limit) {
    return with(options ->
        new NcclOptions(options.connections(), options.pieceBytes(), limit, options.closedGrace()));
  }

  private StandIn with(UnaryOperator<NcclOptions> change) {
    UnaryOperator<NcclOptions> before = changes;
    changes = options -> change.apply(before.apply(options));
    return this;
  }

  /** NCCL as the process of a rank sees it. */
  public NcclRuntime runtime(int rank) {
    return new NcclRuntime(nccl, cuda, rank, () -> computation);
  }

  /** The ranks' tensors are computed on this stream from now on. */
  public void computeOn(long stream) {
    computation = stream;
  }

  public StandInCuda cuda() {
    return cuda;
  }

  @Override
  public Collective connect(Place place) {
    return NcclCollective.connect(
        runtime(place.rank()),
        place.listener(),
        place.token(),
        place.generation(),
        place.rank(),
        place.peers(),
        place.timeout(),
        changes.apply(NcclOptions.over(place.options())));
  }

  @Override
  public void kill(int rank) {
    nccl.kill(rank);
  }

  /** NCCL reports an error to a rank. */
  public void fail(int rank, NcclResult error) {
    nccl.fail(rank, error);
  }

  /** Communicators, streams, events and memory that are not freed. */
  public long held() {
    return nccl.held() + cuda.held();
  }

  /** How the functions were called against their documentation. */
  public List<String> violations() {
    return violations.list();
  }

  @Override
  public void close() {
    nccl.close();
    cuda.close();
    if (!violations.list().isEmpty()) {
      throw new AssertionError("NCCL or CUDA would not do: " + violations.list());
    }
  }
}
