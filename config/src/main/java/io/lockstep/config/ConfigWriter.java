package io.lockstep.config;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.util.List;

/** Writes a record of keys such that reading it again gives an equal one. */
public final class ConfigWriter {

  private static final YAMLMapper YAML =
      YAMLMapper.builder().disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER).build();

  private ConfigWriter() {}

  /** The record as YAML with defaults filled in and paths made absolute. */
  public static String yaml(Record record) {
    try {
      return YAML.writeValueAsString(tree(record));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree of plain values is always YAML", e);
    }
  }

  /** The same as JSON in one line, with empty lists. */
  public static String json(Record record) {
    return tree(record, true).toString();
  }

  /** The same as a tree; sections and lists without content are left out. */
  static ObjectNode tree(Record record) {
    return tree(record, false);
  }

  /** The same of an entry of a list, whole: with its empty lists. */
  static ObjectNode entry(Record entry) {
    return tree(entry, true);
  }

  private static ObjectNode tree(Record record, boolean whole) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    for (Declared declared : Declared.of(record.getClass())) {
      declared.in(record).ifPresent(value -> put(node, declared, value, whole));
    }
    return node;
  }

  private static void put(ObjectNode to, Declared declared, Object value, boolean whole) {
    JsonNode written =
        switch (declared.shape()) {
          case Declared.Section _, Declared.Kind _ -> tree((Record) value, whole);
          case Declared.Sections _ -> {
            var list = JsonNodeFactory.instance.arrayNode();
            ((List<?>) value).forEach(section -> list.add(tree((Record) section)));
            yield list;
          }
          case Declared.Entries entries -> {
            var list = JsonNodeFactory.instance.arrayNode();
            for (Object entry : (List<?>) value) {
              ObjectNode node = list.addObject();
              node.put(EntryReader.NAME, Kinds.name(entries.kind((Record) entry)));
              ObjectNode params = entry((Record) entry);
              if (!params.isEmpty()) {
                node.set(EntryReader.PARAMS, params);
              }
            }
            yield list;
          }
          case Declared.Changes(var entries) -> {
            var changes = JsonNodeFactory.instance.objectNode();
            for (Object each : (List<?>) value) {
              Record entry = (Record) each;
              var kind = entries.kind(entry);
              changes.set(
                  Kinds.name(kind), entry(entry).retain(Declared.numbers(entry.getClass(), kind)));
            }
            yield changes;
          }
          case Declared.Value(var form) -> form.write(value);
        };
    if (declared.key().inline()) {
      to.setAll((ObjectNode) written);
    } else if (whole || written.isValueNode() || !written.isEmpty()) {
      to.set(declared.name(), written);
    }
  }
}
