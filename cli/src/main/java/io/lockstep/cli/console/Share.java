package io.lockstep.cli.console;

import java.util.Locale;

/** A share between 0 and 1 as text. */
public final class Share {

  private Share() {}

  /** Four digits after the point; a dash if there is nothing to take a share of. */
  public static String text(double share) {
    return Double.isNaN(share) ? "-" : String.format(Locale.ROOT, "%.4f", share);
  }
}
