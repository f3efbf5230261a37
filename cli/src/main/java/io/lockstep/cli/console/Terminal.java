package io.lockstep.cli.console;

import java.io.Console;

/** Whether a person watches. */
public final class Terminal {

  private Terminal() {}

  /** True if standard output is a terminal that can redraw a line. */
  @SuppressWarnings("SystemConsoleNull") // It may be null: the runtime can be built without one.
  public static boolean isInteractive() {
    Console console = System.console();
    return console != null && console.isTerminal() && !"dumb".equals(System.getenv("TERM"));
  }
}
