package io.lockstep.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The reference of a configuration in Markdown: a table of its keys for each section. */
public final class ReferencePage {

  private static final String WEIGHTS_HEADER =
      "| key | value | default | changes the weights | |\n|---|---|---|---|---|";

  private static final String HEADER = "| key | value | default | |\n|---|---|---|---|";

  private final List<String> lines = new ArrayList<>();
  private final Map<Class<?>, String> kinds = new HashMap<>();
  private final boolean weights;

  private ReferencePage(boolean weights) {
    this.weights = weights;
  }

  /**
   * Writes the page.
   *
   * @param introduction what stands above the tables
   */
  public static String of(Class<? extends Record> type, String introduction) {
    return of(type, introduction, true);
  }

  /**
   * The same of a configuration that decides no weights.
   *
   * @param weights whether it says of each key whether it changes them
   */
  public static String of(Class<? extends Record> type, String introduction, boolean weights) {
    ReferencePage page = new ReferencePage(weights);
    page.lines.add(introduction.strip());
    page.top(type);
    for (Declared section : Declared.of(type)) {
      page.section(section, section.name(), section.key().changesWeights());
    }
    return String.join("\n", page.lines) + "\n";
  }

  /** A table of the keys that stand in no section. */
  private void top(Class<? extends Record> type) {
    List<Declared> keys =
        Declared.of(type).stream().filter(key -> key.shape() instanceof Declared.Value).toList();
    if (!keys.isEmpty()) {
      lines.add("\n## In no section\n\n" + header());
      keys.forEach(key -> row(key, JsonNodeFactory.instance.objectNode(), true));
    }
  }

  private void row(Declared key, JsonNode defaults, boolean changes) {
    lines.add(
        "| `%s` | %s | %s |%s %s |"
            .formatted(
                key.name(),
                value(key),
                otherwise(key, defaults),
                weights ? (changes && key.key().changesWeights() ? " yes |" : " no |") : "",
                sentence(key)));
  }

  private String header() {
    return weights ? WEIGHTS_HEADER : HEADER;
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
      case Declared.Entries entries -> entries(declared, path + "[]", entries);
      case Declared.Changes _, Declared.Kind _, Declared.Value _ -> {}
    }
  }

  /** One table for all kinds of an entry, where they are met first. */
  private void entries(Declared declared, String path, Declared.Entries entries) {
    if (kinds.putIfAbsent(entries.kinds().getClass(), path) != null) {
      return;
    }
    lines.add("\n## `" + path + "`\n\n" + declared.key().value() + "\n");
    lines.add("| %s | key | value | default | |".formatted(entries.kinds().noun()));
    lines.add("|---|---|---|---|---|");
    if (entries.type().isRecord()) {
      rows("each of them", Declared.of(entries.type().asSubclass(Record.class)));
    }
    for (Class<? extends Record> kind : entries.kinds().types()) {
      lines.add("| `%s` | | | | %s |".formatted(Kinds.name(kind), Declared.sentence(kind)));
      rows("", Declared.flat(kind));
    }
  }

  private void rows(String kind, List<Declared> keys) {
    for (Declared key : keys) {
      if (!(key.shape() instanceof Declared.Kind)) {
        lines.add(
            "| %s | `%s` | %s | %s | %s |"
                .formatted(
                    kind,
                    key.name(),
                    value(key),
                    otherwise(key, JsonNodeFactory.instance.objectNode()),
                    sentence(key)));
      }
    }
  }

  private static String sentence(Declared key) {
    return key.key().value().replace("|", "\\|");
  }

  private void table(
      Declared declared,
      String path,
      Class<? extends Record> type,
      JsonNode defaults,
      boolean changes) {
    lines.add("\n## `" + path + "`\n\n" + declared.key().value() + "\n");
    lines.add(header());
    List<Declared> keys = Declared.flat(type);
    keys.forEach(key -> row(key, defaults, changes));
    keys.forEach(key -> section(key, path + "." + key.name(), changes));
  }

  private String value(Declared declared) {
    Key key = declared.key();
    String words =
        switch (declared.shape()) {
          case Declared.Section _ ->
              "a section, see below" + (key.file() ? ", or the path of its file" : "");
          case Declared.Sections _ -> "a list of sections, see below";
          case Declared.Entries entries -> {
            String there = kinds.get(entries.kinds().getClass());
            yield "a list of %ss, each its name or `{name, params}`, see %s"
                .formatted(entries.kinds().noun(), there == null ? "below" : "`" + there + "`");
          }
          case Declared.Changes(var entries) ->
              "a mapping of configured %ss to those of their keys that are numbers"
                  .formatted(entries.kinds().noun());
          case Declared.Kind _ -> throw new IllegalStateException(declared + " has no kind");
          case Declared.Value(var form) -> form.words();
        };
    boolean least = Double.isFinite(key.min()) && declared.component().getType() != List.class;
    boolean most = Double.isFinite(key.max());
    return words
        + (least ? (key.aboveMin() ? ", more than " : ", at least ") + Forms.text(key.min()) : "")
        + (most ? (least ? " and" : ",") + " at most " + Forms.text(key.max()) : "")
        + (key.unit().isEmpty() ? "" : " (" + key.unit() + ")")
        + (key.mustExist() ? " that exists" : "")
        + (key.also().isEmpty() ? "" : "; also as `" + key.also() + "` at the top");
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
