package io.lockstep.coordinator.machine;

/** A worker sent what the run's state doesn't allow: it is evicted. */
final class ProtocolViolation extends RuntimeException {
  private final String reason;

  ProtocolViolation(String reason) {
    super(reason);
    this.reason = reason;
  }

  String reason() {
    return reason;
  }
}
