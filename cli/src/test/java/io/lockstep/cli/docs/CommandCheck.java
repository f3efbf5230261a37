package io.lockstep.cli.docs;

import io.lockstep.cli.Parsing;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/**
 * Whether the commands of a page can be what somebody types: programs, commands and options are
 * known, their values are of their types, and files are there, or were named by a command before.
 */
public final class CommandCheck {

  /** The launchers, and what stands for them in front of their arguments. */
  private static final Map<String, List<String>> LAUNCHERS =
      Map.of(
          "./lockstep", List.of(),
          "lockstep", List.of(),
          "bin/lockstep", List.of(),
          "bin/coordinator", List.of("coordinator"),
          "bin/worker", List.of("worker"),
          "bin/gateway", List.of("gateway"));

  /** What every shell has; they are run or left out with the page's other commands. */
  private static final Set<String> SHELL =
      Set.of(
          "cat",
          "cd",
          "cp",
          "echo",
          "export",
          "head",
          "ls",
          "mkdir",
          "mv",
          "printf",
          "rm",
          "sed",
          "sh",
          "sha256sum",
          "tail",
          "tar",
          "cmp",
          "openssl");

  /** Options that name what a command makes. */
  private static final Set<String> MADE =
      Set.of(
          "--out",
          "--answers",
          "--output_dir",
          "--draw",
          "--profile",
          "--profile-to",
          "--accept",
          "--http-port-file",
          "--port-file");

  private static final Pattern INLINE = Pattern.compile("`(?:\\./)?lockstep ([a-z][^`]*)`");
  private static final Pattern OPTION = Pattern.compile("--[a-z][a-z0-9_-]*");

  /** Published shapes, which {@code plan} knows by name. */
  private static final Pattern SHAPE = Pattern.compile("qwen[0-9][\\w.-]*");

  private static final CommandLine COMMANDS = Parsing.all();

  private final Path repository;
  private final Path desk;
  private final CommandTable table;

  /**
   * Checks against files.
   *
   * @param repository its root
   * @param desk a folder with what a reader has
   */
  public CommandCheck(Path repository, Path desk, CommandTable table) {
    this.repository = repository;
    this.desk = desk;
    this.table = table;
  }

  /** What is wrong with the commands of one page, in their order, each with its place. */
  public List<String> problems(List<PageCommand> commands) {
    List<String> problems = new ArrayList<>();
    Set<Path> named = new LinkedHashSet<>();
    for (PageCommand command : commands) {
      for (String problem : problems(command, named)) {
        problems.add("%s: %s: %s".formatted(command.place(), problem, command.text()));
      }
    }
    return problems;
  }

  private List<String> problems(PageCommand command, Set<Path> named) {
    table.files(command.page()).forEach(file -> named.add(Path.of(file)));
    List<List<String>> simple;
    try {
      simple = ShellWords.commands(table.filledIn(command.page(), command.text()));
    } catch (IllegalArgumentException e) {
      return List.of(String.valueOf(e.getMessage()));
    }
    List<String> problems = new ArrayList<>();
    for (List<String> words : simple) {
      String program = words.getFirst();
      List<String> arguments = words.subList(1, words.size());
      if (LAUNCHERS.containsKey(program)) {
        List<String> line = new ArrayList<>(LAUNCHERS.get(program));
        line.addAll(arguments);
        problems.addAll(ours(line, named));
      } else if (isOfRepository(program)) {
        missing(Path.of(program), named).ifPresent(problems::add);
      } else if (table.whyNotRun(program).isPresent()) {
        problems.addAll(new ForeignProgram(repository).problems(words));
        arguments.stream()
            .filter(this::isOfRepository)
            .flatMap(word -> missing(Path.of(word), named).stream())
            .forEach(problems::add);
      } else if (!SHELL.contains(program)) {
        problems.add("unknown program '" + program + "'");
      }
      words.stream().filter(word -> !word.startsWith("-")).forEach(word -> name(word, named));
    }
    if (command.text().contains("<<") || command.text().contains(">")) {
      Matcher made = Pattern.compile(">\\s*([\\w./-]+)").matcher(command.text());
      while (made.find()) {
        named.add(Path.of(made.group(1)).normalize());
      }
    }
    return problems;
  }

  private static void name(String word, Set<Path> named) {
    try {
      named.add(Path.of(word).normalize());
    } catch (InvalidPathException e) {
      // It is no file.
    }
  }

  private List<String> ours(List<String> arguments, Set<Path> named) {
    ParseResult parsed;
    try {
      parsed = Parsing.of(arguments);
    } catch (ParameterException e) {
      return List.of(String.valueOf(e.getMessage()));
    }
    List<String> problems = new ArrayList<>();
    for (ArgSpec arg : parsed.matchedArgs()) {
      boolean made = arg instanceof OptionSpec option && MADE.contains(option.longestName());
      if (!made) {
        paths(arg.getValue()).forEach(path -> missing(path, named).ifPresent(problems::add));
      }
    }
    return problems;
  }

  private static List<Path> paths(@Nullable Object value) {
    return switch (value) {
      case Path path -> List.of(path);
      case Collection<?> many -> many.stream().flatMap(each -> paths(each).stream()).toList();
      case null, default -> List.of();
    };
  }

  private Optional<String> missing(Path path, Set<Path> named) {
    Path plain = path.normalize();
    boolean known =
        SHAPE.matcher(plain.toString()).matches()
            || Files.exists(repository.resolve(plain))
            || Files.exists(desk.resolve(plain))
            || named.stream()
                .anyMatch(each -> !each.toString().isEmpty() && plain.startsWith(each));
    return known ? Optional.empty() : Optional.of("no such file or folder: " + path);
  }

  /** Whether a word names what lies in a folder of the repository. */
  private boolean isOfRepository(String word) {
    int slash = word.indexOf('/');
    return slash > 0
        && !word.startsWith("./lockstep")
        && word.matches("[\\w./-]+")
        && Files.isDirectory(repository.resolve(word.substring(0, slash)))
        && !word.startsWith("runs/")
        && !word.contains("/target/")
        && !word.startsWith("target/")
        && !word.startsWith("..");
  }

  /**
   * What is wrong with the commands that the text of a page mentions, as in {@code `lockstep data
   * check --data F`}: they may leave out what is needed, but name no command or option that there
   * isn't.
   */
  public static List<String> mentioned(String page, String markdown) {
    List<String> problems = new ArrayList<>();
    List<String> lines = markdown.lines().toList();
    for (int i = 0; i < lines.size(); i++) {
      Matcher inline = INLINE.matcher(lines.get(i));
      while (inline.find()) {
        String place = page + ":" + (i + 1);
        mentioned(inline.group(1)).ifPresent(problem -> problems.add(place + ": " + problem));
      }
    }
    return problems;
  }

  private static Optional<String> mentioned(String text) {
    CommandLine command = COMMANDS;
    for (String word : text.split("\\s+", -1)) {
      CommandLine inner = command.getSubcommands().get(word);
      if (inner == null) {
        break;
      }
      command = inner;
    }
    if (command.getParent() == null) {
      return Optional.of("there is no command 'lockstep " + text + "'");
    }
    Matcher option = OPTION.matcher(text);
    while (option.find()) {
      if (!command.getCommandSpec().optionsMap().containsKey(option.group())) {
        return Optional.of(
            "'%s' has no option %s"
                .formatted(command.getCommandSpec().qualifiedName(), option.group()));
      }
    }
    return Optional.empty();
  }
}
