package io.lockstep.collective;

/** Is told when an exchange stands still. */
@FunctionalInterface
public interface StallListener {

  /**
   * An exchange has waited for a peer for as long as was agreed; called again each time the silence
   * has doubled. Called by a network thread: returns at once; may call {@link Collective#abort}.
   */
  void stalled(Stall stall);
}
