package io.lockstep.worker.loader;

import java.util.Optional;

/**
 * How samples are made ahead of training; changes no bit of them.
 *
 * @param threads that make samples
 * @param bytes most that samples made ahead may hold; a micro-batch that is waited for may exceed
 *     it
 * @param keepsRows whether micro-batches keep what they are made of
 */
record LoaderOptions(int threads, long bytes, boolean keepsRows) {

  private static final int MOST_BY_DEFAULT = 8;
  private static final long LEAST_BYTES = 64L << 20;
  private static final long MOST_BYTES = 1L << 30;
  private static final int SHARE_OF_HEAP = 8;

  /** Options for this machine: half of its cores, an eighth of the heap. */
  static LoaderOptions of(Optional<Integer> threads) {
    Runtime machine = Runtime.getRuntime();
    return new LoaderOptions(
        threads.orElse(Math.clamp(machine.availableProcessors() / 2, 1, MOST_BY_DEFAULT)),
        Math.clamp(machine.maxMemory() / SHARE_OF_HEAP, LEAST_BYTES, MOST_BYTES),
        false);
  }

  /** The same for a run whose answers may be replaced once samples are made. */
  LoaderOptions keepingRows(boolean keep) {
    return new LoaderOptions(threads, bytes, keep);
  }
}
