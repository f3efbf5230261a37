package io.lockstep.cli.docs;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/**
 * How the commands of pages are run: {@code docs/commands.yaml} names those that aren't, or not
 * always, each with a reason. Everything else is run in each build.
 */
public final class CommandTable {

  /** How a command is run. */
  enum Way {
    /** In each build. */
    RUN,
    /** With {@code -Pdocs}; else it is only checked. */
    HEAVY,
    /** Never: it is only checked. */
    CHECKED
  }

  private static final String SERVES = "serves";
  private static final String FREE_PORT = "a free port";

  /** What the table says of the commands of a page that have the same beginning. */
  private record Entry(String page, String beginning, String key, String reason) {

    boolean matches(PageCommand command) {
      return page.equals(command.page()) && command.text().startsWith(beginning);
    }
  }

  private final Map<String, String> programs = new LinkedHashMap<>();
  private final Map<String, String> everywhere = new LinkedHashMap<>();
  private final Map<String, Map<String, String>> values = new LinkedHashMap<>();
  private final Map<String, Set<String>> own = new LinkedHashMap<>();
  private final List<Entry> exceptions = new ArrayList<>();

  private CommandTable() {}

  /** The table of the test resources. */
  public static CommandTable read() throws IOException {
    try (InputStream in = CommandTable.class.getResourceAsStream("/docs/commands.yaml")) {
      return of(
          map(
              new Yaml(new SafeConstructor(new LoaderOptions()))
                  .<Object>load(Objects.requireNonNull(in))));
    }
  }

  static CommandTable of(Map<String, Object> yaml) {
    CommandTable table = new CommandTable();
    map(yaml.getOrDefault("programs", Map.of()))
        .forEach((name, reason) -> table.programs.put(name, reason.toString()));
    map(yaml.getOrDefault("values", Map.of()))
        .forEach((name, value) -> table.everywhere.put(name, value.toString()));
    map(yaml.getOrDefault("pages", Map.of()))
        .forEach((page, entry) -> table.page(page, map(entry)));
    return table;
  }

  private void page(String page, Map<String, Object> entry) {
    Map<String, String> valuesOfPage = values.computeIfAbsent(page, key -> new LinkedHashMap<>());
    map(entry.getOrDefault("values", Map.of()))
        .forEach((name, value) -> valuesOfPage.put(name, value.toString()));
    Set<String> files = own.computeIfAbsent(page, key -> new LinkedHashSet<>());
    if (entry.get("files") instanceof List<?> list) {
      list.forEach(file -> files.add(file.toString()));
    }
    for (String key : List.of(SERVES, key(Way.HEAVY), key(Way.CHECKED))) {
      map(entry.getOrDefault(key, Map.of()))
          .forEach((beginning, reason) ->
              exceptions.add(new Entry(page, beginning, key, reason.toString())));
    }
  }

  private static String key(Way way) {
    return way.name().toLowerCase(Locale.ROOT);
  }

  /** Keys may be numbers. */
  private static Map<String, Object> map(Object part) {
    Map<String, Object> map = new LinkedHashMap<>();
    ((Map<?, ?>) part).forEach((key, value) -> map.put(String.valueOf(key), value));
    return map;
  }

  /** How a command is run. */
  Way way(PageCommand command) {
    for (Way way : List.of(Way.CHECKED, Way.HEAVY)) {
      if (is(key(way), command)) {
        return way;
      }
    }
    return isForeign(command) ? Way.CHECKED : Way.RUN;
  }

  /** Whether a command goes on until its page ends, and listens on its port. */
  boolean serves(PageCommand command) {
    return is(SERVES, command);
  }

  private boolean is(String key, PageCommand command) {
    return exceptions.stream().anyMatch(entry -> entry.key().equals(key) && entry.matches(command));
  }

  private boolean isForeign(PageCommand command) {
    return ShellWords.commands(command.text()).stream()
        .anyMatch(words -> programs.containsKey(words.getFirst()));
  }

  /** Why a program of others isn't run, if it is known. */
  Optional<String> whyNotRun(String program) {
    return Optional.ofNullable(programs.get(program));
  }

  /** A text with the values that stand in place of a page's placeholders, but for ports. */
  String filledIn(String page, String text) {
    return filledIn(text, values(page));
  }

  /** A text with values in place of the names that stand for them. */
  static String filledIn(String text, Map<String, String> values) {
    String filled = text;
    for (Map.Entry<String, String> value : values.entrySet()) {
      if (!value.getValue().equals(FREE_PORT)) {
        filled =
            filled.replaceAll(
                "(?<![A-Za-z0-9_])" + Pattern.quote(value.getKey()) + "(?![A-Za-z0-9_])",
                Matcher.quoteReplacement(value.getValue()));
      }
    }
    return filled;
  }

  /** The values of a page. */
  private Map<String, String> values(String page) {
    Map<String, String> all = new LinkedHashMap<>(values.getOrDefault(page, Map.of()));
    everywhere.forEach(all::putIfAbsent);
    return all;
  }

  /** The values of a page, with ports that are free now. */
  Map<String, String> valuesWithPorts(String page) {
    Map<String, String> all = values(page);
    all.replaceAll((name, value) -> value.equals(FREE_PORT) ? freePort() : value);
    return all;
  }

  private static String freePort() {
    try (ServerSocket socket = new ServerSocket(0)) {
      return Integer.toString(socket.getLocalPort());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Files that a page's reader has, besides those of every page. */
  Set<String> files(String page) {
    return own.getOrDefault(page, Set.of());
  }

  /** Entries without a reason, and those that mean no command of these. */
  public List<String> idle(List<PageCommand> commands) {
    List<String> idle = new ArrayList<>();
    for (Entry each : exceptions) {
      String entry = "%s: %s: %s".formatted(each.page(), each.key(), each.beginning());
      if (commands.stream().noneMatch(each::matches)) {
        idle.add(entry + " matches no command");
      }
      if (each.reason().isBlank()) {
        idle.add(entry + " has no reason");
      }
    }
    programs.forEach((program, reason) -> {
      if (reason.isBlank()
          || commands.stream()
              .flatMap(command -> ShellWords.commands(command.text()).stream())
              .noneMatch(words -> words.getFirst().equals(program))) {
        idle.add("program " + program + " is in no command, or has no reason");
      }
    });
    values.forEach((page, ofPage) -> {
      for (String name : ofPage.keySet()) {
        if (commands.stream()
            .noneMatch(each -> each.page().equals(page) && each.text().contains(name))) {
          idle.add("%s: value of %s stands for nothing".formatted(page, name));
        }
      }
    });
    own.forEach((page, files) -> {
      for (String file : files) {
        if (commands.stream()
            .noneMatch(each -> each.page().equals(page) && each.text().contains(file))) {
          idle.add("%s: file %s is in no command".formatted(page, file));
        }
      }
    });
    return idle;
  }
}
