package io.lockstep.cli.quickstart;

import java.io.PrintStream;
import java.util.Locale;

/** The numbered steps of a job, each announced and timed. */
final class Stages {

  private final PrintStream out;
  private final int count;
  private int number;

  Stages(PrintStream out, int count) {
    this.out = out;
    this.count = count;
  }

  /** Work that ends with one line about what came of it. */
  interface Work<T> {
    T run() throws Exception;
  }

  <T> T run(String title, Work<T> work) throws Exception {
    number++;
    out.printf("[%d/%d] %s%n", number, count, title);
    long start = System.nanoTime();
    T result = work.run();
    out.printf(Locale.ROOT, "      %.1f s%n", (System.nanoTime() - start) / 1e9);
    return result;
  }
}
