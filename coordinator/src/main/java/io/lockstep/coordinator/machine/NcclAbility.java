package io.lockstep.coordinator.machine;

/**
 * Whether a worker can use NCCL.
 *
 * @param version of the NCCL that it can use; empty if none
 * @param missing why it can use none; empty if it can
 */
public record NcclAbility(String version, String missing) {

  /** That of a worker which doesn't say. */
  public static final NcclAbility UNTOLD = new NcclAbility("", "it does not say that it has NCCL");

  /** Whether it can use it. */
  public boolean isUsable() {
    return !version.isEmpty();
  }
}
