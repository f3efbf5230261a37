package io.lockstep.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.function.Predicate;

/** The JSON Schema (draft 2020-12) of a configuration: editors complete and check files with it. */
public final class JsonSchema {

  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private JsonSchema() {}

  /** The schema as indented text. What a file must say is asked of those that extend none. */
  public static String of(Class<? extends Record> type, String title) {
    ObjectNode schema = JSON.objectNode();
    schema.put("$schema", "https://json-schema.org/draft/2020-12/schema").put("title", title);
    schema.setAll(section(type, JSON.objectNode()));
    ObjectNode top = (ObjectNode) schema.get("properties");
    ObjectNode required = JSON.objectNode();
    moveRequired(schema, required);
    top.set(Bases.KEY, bases());
    schema.putObject("if").putArray("required").add(Bases.KEY);
    schema.set("else", required);
    for (Declared section : Declared.of(type)) {
      if (section.shape() instanceof Declared.Section(var inner)) {
        Declared.flat(inner).stream()
            .filter(key -> !key.key().also().isEmpty())
            .forEach(key -> {
              String there = "properties/%s/properties/%s".formatted(section.name(), key.name());
              top.putObject(key.key().also()).put("$ref", "#/" + there);
              if (!required.at("/" + there).isMissingNode()) {
                ((ObjectNode) required.get("properties"))
                    .putObject(key.key().also())
                    .put("$ref", "#/else/" + there);
              }
            });
      }
    }
    return schema.toPrettyString() + "\n";
  }

  /** The schema of a record that is read by {@link ConfigReader#readLine}, as indented text. */
  public static String ofLine(Class<? extends Record> type, String title) {
    ObjectNode schema = JSON.objectNode();
    schema.put("$schema", "https://json-schema.org/draft/2020-12/schema").put("title", title);
    schema.setAll(section(type, JSON.objectNode()));
    return schema.toPrettyString() + "\n";
  }

  private static ObjectNode bases() {
    ObjectNode path = JSON.objectNode().put("type", "string");
    ObjectNode list = JSON.objectNode().put("type", "array").put("minItems", 1);
    list.set("items", path);
    ObjectNode either = JSON.objectNode();
    either.putArray("anyOf").add(path).add(list);
    return either.put("description", "Files that this one is laid over, each over those before.");
  }

  /** Takes what mappings require, down to lists, which are never merged, out of a schema. */
  private static void moveRequired(ObjectNode section, ObjectNode to) {
    JsonNode required = section.remove("required");
    if (required != null) {
      to.set("required", required);
    }
    for (var entry : section.path("properties").properties()) {
      JsonNode mapping =
          entry.getValue().has("anyOf") ? entry.getValue().get("anyOf").get(0) : entry.getValue();
      ObjectNode inner = JSON.objectNode();
      if (mapping.has("properties")) {
        moveRequired((ObjectNode) mapping, inner);
      }
      if (!inner.isEmpty()) {
        ObjectNode properties =
            to.get("properties") instanceof ObjectNode there ? there : to.putObject("properties");
        properties.set(entry.getKey(), inner);
      }
    }
  }

  private static ObjectNode section(Class<? extends Record> type, JsonNode defaults) {
    return section(Declared.flat(type), defaults);
  }

  private static ObjectNode section(List<Declared> keys, JsonNode defaults) {
    ObjectNode schema = JSON.objectNode().put("type", "object");
    ObjectNode properties = schema.putObject("properties");
    keys.forEach(key -> properties.set(key.name(), property(key, defaults)));
    List<String> required =
        keys.stream()
            .filter(key -> key.required() && !defaults.has(key.name()))
            .map(Declared::name)
            .toList();
    if (!required.isEmpty()) {
      required.forEach(schema.putArray("required")::add);
    }
    return schema.put("additionalProperties", false);
  }

  private static ObjectNode property(Declared key, JsonNode defaults) {
    ObjectNode schema =
        switch (key.shape()) {
          case Declared.Section(var type) -> {
            ObjectNode inner = section(type, JSON.objectNode());
            yield key.key().file() ? orPath(inner) : inner;
          }
          case Declared.Sections(var type) -> {
            ObjectNode list = Forms.entries(key.key());
            list.set("items", section(type, ConfigReader.constant(key.key().defaults())));
            yield list;
          }
          case Declared.Entries entries -> {
            ObjectNode list = JSON.objectNode().put("type", "array").put("minItems", 1);
            ObjectNode name = JSON.objectNode();
            entries.kinds().names().forEach(name.putArray("enum")::add);
            ArrayNode either = list.putObject("items").putArray("anyOf").add(name);
            entries.kinds().types().forEach(kind -> either.add(entry(entries, kind)));
            yield list;
          }
          case Declared.Changes(var entries) -> kinds(entries, Declared::isNumber);
          case Declared.Kind _ -> throw new IllegalStateException(key + " has no kind");
          case Declared.Value(var form) -> form.schema();
        };
    schema.put("description", key.key().value());
    if (defaults.has(key.name())) {
      schema.set("default", defaults.get(key.name()));
    } else if (!key.key().otherwise().isEmpty()) {
      schema.set("default", ConfigReader.constant(key.key().otherwise()));
    }
    return schema;
  }

  /** An entry with its kind's keys. */
  private static ObjectNode entry(Declared.Entries entries, Class<? extends Record> kind) {
    ObjectNode entry = JSON.objectNode().put("type", "object");
    ObjectNode properties = entry.putObject("properties");
    properties.putObject(EntryReader.NAME).put("const", Kinds.name(kind));
    ObjectNode params = section(Declared.flat(entries.record(kind), kind), JSON.objectNode());
    ArrayNode required = entry.putArray("required").add(EntryReader.NAME);
    if (params.has("required")) {
      required.add(EntryReader.PARAMS);
    }
    properties.set(EntryReader.PARAMS, params.put("description", Declared.sentence(kind)));
    return entry.put("additionalProperties", false);
  }

  /** A mapping of the names of kinds to their keys. */
  private static ObjectNode kinds(Declared.Entries entries, Predicate<Declared> wanted) {
    ObjectNode mapping = JSON.objectNode().put("type", "object");
    ObjectNode properties = mapping.putObject("properties");
    for (Class<? extends Record> kind : entries.kinds().types()) {
      List<Declared> keys =
          Declared.flat(entries.record(kind), kind).stream().filter(wanted).toList();
      properties.set(
          Kinds.name(kind),
          section(keys, JSON.objectNode()).put("description", Declared.sentence(kind)));
    }
    return mapping.put("additionalProperties", false);
  }

  private static ObjectNode orPath(ObjectNode section) {
    ObjectNode either = JSON.objectNode();
    either.putArray("anyOf").add(section).add(JSON.objectNode().put("type", "string"));
    return either;
  }
}
