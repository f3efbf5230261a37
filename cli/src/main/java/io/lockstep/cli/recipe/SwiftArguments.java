package io.lockstep.cli.recipe;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.lockstep.config.ConfigException;
import io.lockstep.config.YamlText;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The arguments of a call of ms-swift: of a shell script, as {@code --name value} and {@code
 * NAME=value}, or of a YAML file with a key for each.
 *
 * @param arguments values by names without dashes; several words of one are a list
 * @param environment variables that are set before the program's name
 */
record SwiftArguments(
    SequencedMap<String, JsonNode> arguments, SequencedMap<String, String> environment) {

  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
  private static final Pattern WORD =
      Pattern.compile("\"((?:[^\"\\\\]|\\\\.)*)\"|'([^']*)'|(\\S+)");
  private static final Pattern VARIABLE = Pattern.compile("([A-Z][A-Z0-9_]*)=(.*)");

  /**
   * Reads a file's text.
   *
   * @param name of the file, for messages
   * @throws ConfigException if it is neither
   */
  static SwiftArguments parse(String text, String name) throws ConfigException {
    return text.lines().anyMatch(line -> line.strip().startsWith("--") || line.contains(" --"))
        ? script(text)
        : yaml(text, name);
  }

  private static SwiftArguments yaml(String text, String name) throws ConfigException {
    JsonNode tree = YamlText.parse(text, name);
    if (!tree.isObject()) {
      throw new ConfigException(
          name, List.of("holds neither --arguments nor a mapping of them to values"));
    }
    SequencedMap<String, JsonNode> arguments = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> entry : tree.properties()) {
      arguments.put(entry.getKey(), entry.getValue());
    }
    return new SwiftArguments(arguments, new LinkedHashMap<>());
  }

  private static SwiftArguments script(String text) {
    SequencedMap<String, List<String>> values = new LinkedHashMap<>();
    SequencedMap<String, String> environment = new LinkedHashMap<>();
    List<String> open = new ArrayList<>();
    for (String word : words(text)) {
      Matcher variable = VARIABLE.matcher(word);
      if (word.startsWith("--")) {
        String[] parts = word.substring(2).split("=", 2);
        open = new ArrayList<>();
        values.put(parts[0].replace('-', '_'), open);
        if (parts.length > 1) {
          open.add(unquoted(parts[1]));
        }
      } else if (values.isEmpty() && variable.matches()) {
        environment.put(variable.group(1), unquoted(variable.group(2)));
      } else {
        open.add(word);
      }
    }
    SequencedMap<String, JsonNode> arguments = new LinkedHashMap<>();
    values.forEach((key, words) -> arguments.put(key, node(words)));
    return new SwiftArguments(arguments, environment);
  }

  private static JsonNode node(List<String> words) {
    if (words.size() == 1) {
      return JSON.textNode(words.getFirst());
    }
    var list = JSON.arrayNode();
    words.forEach(list::add);
    return words.isEmpty() ? JSON.booleanNode(true) : list;
  }

  /** The words of a script without its comments. */
  private static List<String> words(String text) {
    String joined =
        text.lines()
            .map(line -> line.replaceFirst("(^|\\s)#.*$", ""))
            .map(line -> line.replaceFirst("\\\\\\s*$", " "))
            .reduce("", (all, line) -> all + line + "\n");
    List<String> words = new ArrayList<>();
    Matcher word = WORD.matcher(joined);
    while (word.find()) {
      words.add(
          word.group(1) != null
              ? word.group(1).replaceAll("\\\\(.)", "$1")
              : word.group(2) != null ? word.group(2) : word.group(3));
    }
    return words;
  }

  private static String unquoted(String value) {
    return value.replaceFirst("^(['\"])(.*)\\1$", "$2");
  }
}
