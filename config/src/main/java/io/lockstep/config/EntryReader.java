package io.lockstep.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads lists of named entries, and what changes them. */
record EntryReader(Declared.Entries shape, ConfigReader reader) {

  /** The key of an entry under which its kind is named. */
  static final String NAME = "name";

  /** The key of an entry below which its kind's keys stand. */
  static final String PARAMS = "params";

  List<Record> entries(JsonNode list, Place place, boolean required) {
    Kinds kinds = shape.kinds();
    List<Record> read = new ArrayList<>();
    if (ConfigReader.isAbsent(list) ? required : !list.isArray() || list.isEmpty()) {
      place.problem(
          "must be a list with at least one %s, for instance `- %s`"
              .formatted(kinds.noun(), kinds.example()));
    }
    for (int i = 0; i < list.size(); i++) {
      JsonNode entry = list.get(i);
      Place at = place.at(i);
      if (entry.isTextual()) {
        entry(entry.textValue(), ConfigReader.none(), at).ifPresent(read::add);
      } else if (entry.path(NAME).isTextual()) {
        refuseOthers(entry, at);
        entry(entry.get(NAME).textValue(), entry.path(PARAMS), at).ifPresent(read::add);
      } else {
        at.problem(
            "must be the name of one %s, or its name and params, for instance `%s`"
                .formatted(kinds.noun(), kinds.example()));
      }
    }
    return read;
  }

  private static void refuseOthers(JsonNode entry, Place place) {
    for (var property : entry.properties()) {
      String key = property.getKey();
      if (!key.equals(NAME) && !key.equals(PARAMS)) {
        Place unknown = place.at(key);
        unknown.report("unknown key %s: write it into %s".formatted(unknown.path(), PARAMS));
      }
    }
  }

  private Optional<Record> entry(String name, JsonNode keys, Place place) {
    Kinds kinds = shape.kinds();
    Optional<Class<? extends Record>> kind = kinds.find(name);
    if (kind.isEmpty()) {
      place.report(
          "%s: unknown %s '%s'%s"
              .formatted(place.path(), kinds.noun(), name, Forms.hint(name, kinds.names())));
    }
    return kind.map(type -> section(shape.record(type), type, keys, place.at(PARAMS)));
  }

  private Record section(
      Class<? extends Record> type, Class<? extends Record> kind, JsonNode keys, Place place) {
    return reader.section(type, kind, keys, place, ConfigReader.none());
  }

  /** Entries after what a mapping of their names says of their numbers. */
  List<Record> changes(JsonNode mapping, Place place, List<?> entries) {
    List<Record> before = entries.stream().map(Record.class::cast).toList();
    List<String> names = before.stream().map(entry -> Kinds.name(shape.kind(entry))).toList();
    String noun = shape.kinds().noun();
    if (!mapping.isObject() && !ConfigReader.isAbsent(mapping)) {
      place.problem("must be a mapping of configured %ss to keys".formatted(noun));
    }
    for (var change : mapping.properties()) {
      String name = change.getKey();
      if (!names.contains(name)) {
        place
            .at(name)
            .report(
                "%s: '%s' is not among the configured %ss%s"
                    .formatted(place.path(), name, noun, Forms.hint(name, names)));
      }
    }
    List<Record> after = new ArrayList<>();
    for (int i = 0; i < before.size(); i++) {
      JsonNode change = mapping.path(names.get(i));
      Place at = place.at(names.get(i));
      after.add(ConfigReader.isAbsent(change) ? before.get(i) : changed(before.get(i), change, at));
    }
    return after;
  }

  private Record changed(Record before, JsonNode change, Place place) {
    Class<? extends Record> kind = shape.kind(before);
    ObjectNode keys = ConfigWriter.entry(before);
    List<String> numbers = Declared.numbers(shape.record(kind), kind);
    for (var property : change.properties()) {
      if (numbers.contains(property.getKey())) {
        keys.set(property.getKey(), property.getValue());
      } else {
        Place unknown = place.at(property.getKey());
        unknown.report("unknown key " + unknown.path() + Forms.hint(property.getKey(), numbers));
      }
    }
    return section(before.getClass(), kind, change.isObject() ? keys : change, place);
  }
}
