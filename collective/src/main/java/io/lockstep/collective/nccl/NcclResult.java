package io.lockstep.collective.nccl;

/** What a function of NCCL answers, in the order of its own numbers from 0. */
public enum NcclResult {
  /** Done, or accepted. */
  SUCCESS("success"),
  /** A call of CUDA failed. */
  UNHANDLED_CUDA_ERROR("a call of CUDA failed"),
  /** A call of the operating system failed. */
  SYSTEM_ERROR("a call of the operating system failed"),
  /** NCCL itself failed, or memory is damaged. */
  INTERNAL_ERROR("internal error"),
  /** An argument is wrong. */
  INVALID_ARGUMENT("an argument is wrong"),
  /** A call came at the wrong time. */
  INVALID_USAGE("a call came at the wrong time"),
  /** The network failed, or a peer's process has ended. */
  REMOTE_ERROR("the network failed or a peer has ended"),
  /** The communicator still works on the last call. */
  IN_PROGRESS("in progress");

  private final String words;

  NcclResult(String words) {
    this.words = words;
  }

  /** The result of a number; one that is not known is an internal error. */
  static NcclResult of(int number) {
    NcclResult[] all = values();
    return number >= 0 && number < all.length ? all[number] : INTERNAL_ERROR;
  }

  /** Whether nothing has failed so far. */
  public boolean isFine() {
    return this == SUCCESS || this == IN_PROGRESS;
  }

  /** In words, for messages. */
  public String words() {
    return words;
  }
}
