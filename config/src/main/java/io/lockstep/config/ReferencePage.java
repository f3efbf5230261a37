package io.lockstep.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.ArrayList;
import java.util.List;

/** The reference of a configuration in Markdown: a table of its keys for each section. */
public final class ReferencePage {

  private final List<String> lines = new ArrayList<>();

  private ReferencePage() {}

  /**
   * Writes the page.
   *
   * @param introduction what stands above the tables
   */
  public static String of(Class<? extends Record> type, String introduction) {
    ReferencePage page = new ReferencePage();
    page.lines.add(introduction.strip());
    for (Declared section : Declared.of(type)) {
      page.section(section, section.name(), section.key().changesWeights());
    }
    return String.join("\n", page.lines) + "\n";
  }

  private void section(Declared declared, String path, boolean changes) {
    switch (declared.shape()) {
      case Declared.Section(var type) ->
          table(declared, path, type, JsonNodeFactory.instance.objectNode(), changes);
      case Declared.Sections(var type) ->
          table(
              declared,
              path + "[]",
              type,
              ConfigReader.constant(declared.key().defaults()),
              changes);
      case Declared.Value _ -> {}
    }
  }

  private void table(
      Declared declared,
      String path,
      Class<? extends Record> type,
      JsonNode defaults,
      boolean changes) {
    lines.add("\n## `" + path + "`\n\n" + declared.key().value() + "\n");
    lines.add("| key | value | default | changes the weights | |\n|---|---|---|---|---|");
    List<Declared> keys = Declared.flat(type);
    for (Declared key : keys) {
      lines.add(
          "| `%s` | %s | %s | %s | %s |"
              .formatted(
                  key.name(),
                  value(key),
                  otherwise(key, defaults),
                  changes && key.key().changesWeights() ? "yes" : "no",
                  key.key().value().replace("|", "\\|")));
    }
    keys.forEach(key -> section(key, path + "." + key.name(), changes));
  }

  private static String value(Declared declared) {
    Key key = declared.key();
    String words =
        switch (declared.shape()) {
          case Declared.Section _ -> "a section, see below" + (key.file() ? ", or its file" : "");
          case Declared.Sections _ -> "a list of sections, see below";
          case Declared.Value(var form) -> form.words();
        };
    boolean least = Double.isFinite(key.min());
    boolean most = Double.isFinite(key.max());
    return words
        + (least ? (key.aboveMin() ? ", more than " : ", at least ") + number(key.min()) : "")
        + (most ? (least ? " and" : ",") + " at most " + number(key.max()) : "")
        + (key.unit().isEmpty() ? "" : " (" + key.unit() + ")")
        + (key.mustExist() ? " that exists" : "")
        + (key.also().isEmpty() ? "" : "; also as `" + key.also() + "` at the top");
  }

  private static String number(double bound) {
    return bound == Math.rint(bound) ? Long.toString((long) bound) : Double.toString(bound);
  }

  private static String otherwise(Declared declared, JsonNode defaults) {
    Key key = declared.key();
    if (defaults.has(declared.name())) {
      return "`" + defaults.get(declared.name()).asText() + "`";
    }
    if (!key.like().isEmpty()) {
      return "that of `" + key.like() + "`";
    }
    if (!key.otherwise().isEmpty()) {
      return "`" + key.otherwise() + "`";
    }
    if (key.filledIn()) {
      return "filled in by the run";
    }
    return declared.required() ? "required" : "none";
  }
}
