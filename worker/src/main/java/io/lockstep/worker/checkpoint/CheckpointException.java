package io.lockstep.worker.checkpoint;

import java.io.IOException;

/** A checkpoint that a run can't go on from; the message names the file and what is wrong. */
public final class CheckpointException extends IOException {

  private static final long serialVersionUID = 1L;

  public CheckpointException(String message) {
    super(message);
  }
}
