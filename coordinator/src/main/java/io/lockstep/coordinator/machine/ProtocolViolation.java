package io.lockstep.coordinator.machine;

/** A worker said something that the run's state doesn't allow; costs that worker its stream. */
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
