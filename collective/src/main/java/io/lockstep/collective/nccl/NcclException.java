package io.lockstep.collective.nccl;

/** A function of NCCL or of the CUDA runtime failed in a way that this process can't mend. */
public final class NcclException extends RuntimeException {

  private static final long serialVersionUID = 1;

  /** The message names the function and what it answered. */
  public NcclException(String message) {
    super(message);
  }
}
