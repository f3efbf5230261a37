package io.lockstep.cli;

import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.ParseResult;

/** Reads command lines as the command does, and runs nothing. */
public final class Parsing {

  private Parsing() {}

  /**
   * The innermost command of a command line with its options.
   *
   * @throws CommandLine.ParameterException if it can't be understood
   */
  public static ParseResult of(List<String> arguments) {
    String[] line = arguments.toArray(String[]::new);
    ParseResult parsed = LockstepCommand.commandLine(line).parseArgs(line);
    while (parsed.hasSubcommand()) {
      parsed = parsed.subcommand();
    }
    return parsed;
  }

  /** All commands, to look up names of commands and options. */
  public static CommandLine all() {
    // Any word that is no command's name: no word at all asks for the overview, which has no
    // options.
    return LockstepCommand.commandLine("all");
  }
}
