package io.lockstep.coordinator.machine;

/** The run can't go on, whoever takes part in it: it fails. */
final class RunFailure extends RuntimeException {
  private final String reason;

  RunFailure(String reason) {
    super(reason);
    this.reason = reason;
  }

  String reason() {
    return reason;
  }
}
