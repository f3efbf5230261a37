package io.lockstep.gateway.handoff;

/** A checkpoint that is not what its manifest or its registry says; it is never served. */
public final class BrokenCheckpointException extends RuntimeException {

  public BrokenCheckpointException(String message) {
    super(message);
  }
}
