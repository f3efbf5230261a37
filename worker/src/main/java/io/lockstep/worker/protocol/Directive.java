package io.lockstep.worker.protocol;

import io.lockstep.worker.zero.Resharding.Holder;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** What the coordinator tells a worker to do. */
public sealed interface Directive {

  /** The membership it belongs to; 0 for what belongs to none. */
  long generation();

  /**
   * A new membership; what belongs to an older generation is void.
   *
   * @param generation number of the membership
   * @param rank this worker's rank; from {@code members.size()} on for one that departs
   * @param members all members in rank order
   * @param nextStep number of committed steps: the first step to compute
   * @param checkpointDir checkpoint that everybody loads, which holds exactly those steps; empty if
   *     the state comes from the holders, and for step 0, which starts from the base model
   * @param departing workers that give what they hold and leave; their ranks follow the members'
   * @param holders who holds what of the state after those steps
   * @param lastCommit figures of the last committed step, for those that have not applied it
   * @param lastEvaluation figures of the last evaluation, for logs that lack them
   * @param transport what tensors go over
   */
  record NewMembership(
      long generation,
      int rank,
      List<Member> members,
      long nextStep,
      String checkpointDir,
      List<Member> departing,
      List<Holder> holders,
      Optional<Commit> lastCommit,
      Optional<Evaluation> lastEvaluation,
      Transport transport)
      implements Directive {

    public NewMembership {
      members = List.copyOf(members);
      departing = List.copyOf(departing);
      holders = List.copyOf(holders);
    }

    /** A membership of a run over TCP that has not been evaluated yet. */
    public NewMembership(
        long generation,
        int rank,
        List<Member> members,
        long nextStep,
        String checkpointDir,
        List<Member> departing,
        List<Holder> holders,
        Optional<Commit> lastCommit) {
      this(
          generation,
          rank,
          members,
          nextStep,
          checkpointDir,
          departing,
          holders,
          lastCommit,
          Optional.empty(),
          Transport.TCP);
    }

    /** Whether the state comes from the holders, not from the disk. */
    public boolean goesOn() {
      return nextStep > 0 && checkpointDir.isEmpty();
    }

    /** Whether this worker only gives what it holds. */
    public boolean departs() {
      return rank >= members.size();
    }

    /** Members, then those that depart. */
    public List<Member> participants() {
      return Stream.concat(members.stream(), departing.stream()).toList();
    }
  }

  /**
   * What tensors go over.
   *
   * @param nccl whether it is NCCL, else TCP
   * @param why one line for people
   */
  record Transport(boolean nccl, String why) {

    /** TCP, as nobody said anything else. */
    public static final Transport TCP = new Transport(false, "no other was chosen");

    /** Its name. */
    public String name() {
      return nccl ? "NCCL" : "TCP";
    }
  }

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
   * @param datasets figures of each dataset, ascending; empty in a run with one
   * @param terms of the objective in their order; empty if the loss is its only one
   * @param counts of samples and tokens of the whole step
   * @param skipped whether a figure was not finite: no weight and no moment changes
   * @param skippedSteps steps that the run skipped so far, this one included
   */
  record Commit(
      long generation,
      long step,
      long tokens,
      double lossSum,
      long correctTokens,
      double gradNorm,
      int digest,
      List<Session.DatasetSums> datasets,
      List<Session.TermSum> terms,
      Counts counts,
      boolean skipped,
      long skippedSteps)
      implements Directive {

    public Commit {
      datasets = List.copyOf(datasets);
      terms = List.copyOf(terms);
    }

    /** A step of a run that has skipped none. */
    public Commit(
        long generation,
        long step,
        long tokens,
        double lossSum,
        long correctTokens,
        double gradNorm,
        int digest,
        List<Session.DatasetSums> datasets,
        List<Session.TermSum> terms,
        Counts counts) {
      this(
          generation,
          step,
          tokens,
          lossSum,
          correctTokens,
          gradNorm,
          digest,
          datasets,
          terms,
          counts,
          false,
          0);
    }

    /** The number of the step's update, counted from 1; it has one unless it is skipped. */
    public long update() {
      return step + 1 - skippedSteps;
    }

    /** A step of a run with one dataset, whose objective is the loss alone. */
    public Commit(
        long generation,
        long step,
        long tokens,
        double lossSum,
        long correctTokens,
        double gradNorm,
        int digest) {
      this(
          generation,
          step,
          tokens,
          lossSum,
          correctTokens,
          gradNorm,
          digest,
          List.of(),
          List.of(),
          Counts.NONE);
    }
  }

  /**
   * Write the state after that many steps into the folder.
   *
   * @param skippedSteps of these, those that changed no weight
   */
  record SaveCheckpoint(long generation, long steps, String dir, long skippedSteps)
      implements Directive {

    /** Where none was skipped. */
    public SaveCheckpoint(long generation, long steps, String dir) {
      this(generation, steps, dir, 0);
    }
  }

  /** Evaluate the weights after that many steps on this rank's share of the held-out records. */
  record Evaluate(long generation, long steps) implements Directive {}

  /**
   * An evaluation is complete; for logs.
   *
   * @param steps committed steps that the evaluated weights hold
   * @param records that could be used
   * @param tokens their supervised tokens
   * @param lossSum over these, in nats
   * @param correctTokens those predicted right
   */
  record Evaluation(
      long generation, long steps, int records, long tokens, double lossSum, long correctTokens)
      implements Directive {}

  /** The run is over. */
  record Stop(boolean finished, String reason) implements Directive {
    @Override
    public long generation() {
      return 0;
    }
  }
}
