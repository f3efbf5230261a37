package io.lockstep.gateway.serving;

/** Which models are served without an alignment certificate; one that is there must always hold. */
public enum CertificatePolicy {
  /** None. */
  REQUIRED,
  /** Those that no run of ours has written. */
  REQUIRED_OF_TRAINING,
  /** Any, with a warning. */
  NOT_REQUIRED
}
