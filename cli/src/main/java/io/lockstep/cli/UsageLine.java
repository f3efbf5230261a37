package io.lockstep.cli;

import io.lockstep.config.text.NearestName;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** What is wrong with the arguments of a command, in one line: the slip of a hand goes first. */
final class UsageLine {

  private UsageLine() {}

  /** The line, without the name of the command. */
  static String of(ParameterException failure) {
    CommandLine command = failure.getCommandLine();
    return switch (failure) {
      case UnmatchedArgumentException e -> unmatched(command, e.getUnmatched());
      case MissingParameterException e -> missing(command, e);
      default -> lowerCase(String.valueOf(failure.getMessage()));
    };
  }

  /** An option that is missing is often there with a slip in its name: both are told. */
  private static String missing(CommandLine command, MissingParameterException failure) {
    List<String> parts = new ArrayList<>();
    List<String> unknown = command.getUnmatchedArguments();
    if (!unknown.isEmpty()) {
      parts.add(unmatched(command, unknown));
    }
    parts.add(lowerCase(String.valueOf(failure.getMessage()).replaceFirst("^Error: ", "")));
    return String.join("; ", parts);
  }

  private static String unmatched(CommandLine command, List<String> unknown) {
    // What follows an unknown option is most likely its value.
    String first =
        unknown.stream().filter(UsageLine::isOption).findFirst().orElse(unknown.getFirst());
    String given = isOption(first) ? first.replaceFirst("=.*", "") : first;
    CommandSpec spec = command.getCommandSpec();
    List<String> options = options(spec).toList();
    if (isOption(given)) {
      return "unknown option '" + given + "'" + optionHint(spec, given, options);
    }
    List<String> commands = commands(spec).toList();
    return commands.isEmpty()
        ? "unexpected argument '%s'%s"
            .formatted(given, hint(options.stream().filter(("--" + given)::equals).findFirst()))
        : "unknown command '%s'%s".formatted(given, commandHint(given, commands));
  }

  private static boolean isOption(String argument) {
    return argument.startsWith("-") && argument.length() > 1;
  }

  private static String commandHint(String given, List<String> commands) {
    Optional<String> nearest = NearestName.of(given, commands);
    return nearest.isPresent() ? hint(nearest) : ": there are " + String.join(", ", commands);
  }

  private static String optionHint(CommandSpec spec, String given, List<String> options) {
    Optional<String> nearest = NearestName.of(given, options);
    if (nearest.isPresent()) {
      return hint(nearest);
    }
    Optional<String> owner =
        spec.subcommands().entrySet().stream()
            .filter(entry -> entry.getValue().getCommandSpec().optionsMap().containsKey(given))
            .map(Map.Entry::getKey)
            .findFirst();
    return owner
        .map(name ->
            ": options stand behind their command, as in '%s %s %s'"
                .formatted(spec.qualifiedName(), name, given))
        .orElse("");
  }

  private static String hint(Optional<String> meant) {
    return meant.map(name -> ": did you mean '" + name + "'?").orElse("");
  }

  private static Stream<String> options(CommandSpec spec) {
    return spec.options().stream()
        .filter(option -> !option.hidden())
        .map(CommandLine.Model.OptionSpec::longestName);
  }

  private static Stream<String> commands(CommandSpec spec) {
    return spec.subcommands().entrySet().stream()
        .filter(entry -> !entry.getValue().getCommandSpec().usageMessage().hidden())
        .map(Map.Entry::getKey);
  }

  private static String lowerCase(String message) {
    return message.substring(0, Math.min(1, message.length())).toLowerCase(Locale.ROOT)
        + message.substring(Math.min(1, message.length()));
  }
}
