package io.lockstep.coordinator;

/**
 * What a run's workers exchange tensors over.
 *
 * @param choice as the recipe says
 * @param nativeSums whether sums are left to NCCL, which takes it
 */
public record CollectiveRules(Choice choice, boolean nativeSums) {

  /** NCCL where all workers can use it, sums in the run's own order. */
  public static final CollectiveRules STANDARD = new CollectiveRules(Choice.AUTO, false);

  /** What a recipe may ask for. */
  public enum Choice {
    /** NCCL where all workers of a membership can use it, else TCP. */
    AUTO,
    /** TCP. */
    TCP,
    /** NCCL; workers that can't use it are refused. */
    NCCL
  }

  /** The transport of a membership. */
  public enum Transport {
    /** Sockets and shared memory. */
    TCP,
    /** From device to device. */
    NCCL
  }

  public CollectiveRules {
    if (nativeSums && choice == Choice.TCP) {
      throw new IllegalArgumentException("sums are left to NCCL, and the transport is to be TCP");
    }
  }

  /** Whether workers that can't use NCCL are of no use. */
  public boolean needsNccl() {
    return nativeSums || choice == Choice.NCCL;
  }

  /** The key of the recipe that needs NCCL, with its value. */
  public String demand() {
    return choice == Choice.NCCL ? "cluster.collective: nccl" : "cluster.reduction: native";
  }
}
