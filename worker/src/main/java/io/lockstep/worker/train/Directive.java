package io.lockstep.worker.train;

import java.util.List;

/** What the coordinator tells a worker to do. */
public sealed interface Directive {

  /**
   * A new membership; what belongs to an older generation is void.
   *
   * @param generation number of the membership
   * @param rank this worker's rank
   * @param members all members in rank order
   * @param nextStep number of committed steps: the first step to compute
   * @param checkpointDir checkpoint that holds exactly those steps; empty to start from the base
   *     model
   */
  record World(long generation, int rank, List<Member> members, long nextStep, String checkpointDir)
      implements Directive {}

  /**
   * One member: its name, the {@code host:port} of its collective, and what decides the bits of its
   * results.
   */
  record Member(String name, String collectiveAddress, String capability) {}

  /** Steps [firstStep, firstStep + steps) may be computed. */
  record Lease(long generation, long firstStep, long steps) implements Directive {}

  /**
   * A step is decided; apply it.
   *
   * @param lossSum loss over all supervised tokens, in nats
   * @param gradNorm norm of the gradient after division by the tokens
   * @param digest digest of the reduced gradient, equal for every number of workers
   */
  record Commit(
      long generation,
      long step,
      long tokens,
      double lossSum,
      long correctTokens,
      double gradNorm,
      int digest)
      implements Directive {}

  /** Write the state after that many steps into the folder. */
  record SaveCheckpoint(long generation, long steps, String dir) implements Directive {}

  /** The run is over. */
  record Stop(boolean finished, String reason) implements Directive {}
}
