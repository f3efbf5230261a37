package io.lockstep.cli.command;

import io.lockstep.cli.console.JsonLine;
import picocli.CommandLine.Option;

/** {@code --json}: what a command has found, once more, for programs. */
public final class JsonOption {

  @Option(names = "--json", description = "Print one JSON object at the end.")
  private boolean wanted;

  public boolean wanted() {
    return wanted;
  }

  /** Prints the line if it is wanted. */
  public void print(JsonLine line) {
    if (wanted) {
      System.out.println(line);
    }
  }
}
