package io.lockstep.coordinator;

import java.time.Instant;
import java.util.Optional;

/**
 * Somebody who follows a run's checkpoints, such as a gateway.
 *
 * @param name as it calls itself
 * @param address where its call comes from, HOST:PORT
 * @param since when it began to follow, or last did so anew
 * @param connected whether it follows still
 * @param serving what it last said that it serves; empty before that
 */
public record Follower(
    String name, String address, Instant since, boolean connected, Optional<Serving> serving) {

  /**
   * What it serves.
   *
   * @param steps committed steps of the checkpoint
   * @param alignment what became of its certificate, one line
   * @param aligned whether what it computes was compared with training, and agrees
   */
  public record Serving(Instant at, long steps, String alignment, boolean aligned) {}

  Follower gone() {
    return new Follower(name, address, since, false, serving);
  }
}
