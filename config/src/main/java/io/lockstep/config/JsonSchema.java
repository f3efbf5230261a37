package io.lockstep.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.function.Predicate;

/** The JSON Schema (draft 2020-12) of a configuration: editors complete and check files with it. */
public final class JsonSchema {

  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private JsonSchema() {}

  /** The schema as indented text. */
  public static String of(Class<? extends Record> type, String title) {
    ObjectNode schema = JSON.objectNode();
    schema.put("$schema", "https://json-schema.org/draft/2020-12/schema").put("title", title);
    schema.setAll(section(type, JSON.objectNode()));
    ObjectNode top = (ObjectNode) schema.get("properties");
    for (Declared section : Declared.of(type)) {
      if (section.shape() instanceof Declared.Section(var inner)) {
        Declared.flat(inner).stream()
            .filter(key -> !key.key().also().isEmpty())
            .forEach(key ->
                top.putObject(key.key().also())
                    .put(
                        "$ref",
                        "#/properties/%s/properties/%s".formatted(section.name(), key.name())));
      }
    }
    return schema.toPrettyString() + "\n";
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
            ObjectNode mapping = kinds(entries, _ -> true);
            ObjectNode name = JSON.objectNode();
            entries.kinds().names().forEach(name.putArray("enum")::add);
            list.putObject("items")
                .putArray("anyOf")
                .add(name)
                .add(mapping.put("minProperties", 1).put("maxProperties", 1));
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
