package io.lockstep.coordinator.machine;

/** Why an event can't be applied to a run. */
abstract sealed class EventException extends RuntimeException {

  private final String reason;

  private EventException(String reason) {
    super(reason);
    this.reason = reason;
  }

  final String reason() {
    return reason;
  }

  /** A worker sent what the run's state doesn't allow: it is evicted. */
  static final class ProtocolViolation extends EventException {
    ProtocolViolation(String reason) {
      super(reason);
    }
  }

  /** The run can't go on, whoever takes part in it: it fails. */
  static final class RunFailure extends EventException {
    RunFailure(String reason) {
      super(reason);
    }
  }
}
