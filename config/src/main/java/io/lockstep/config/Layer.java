package io.lockstep.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a file says, or several that were laid over each other.
 *
 * @param tree what they say together; nobody changes it
 * @param source the uppermost file
 * @param owners the file in which each key of a mapping stands, by its JSON pointer; none if all do
 *     in {@code source}
 */
record Layer(ObjectNode tree, Place.Source source, Map<String, Place.Source> owners) {

  /**
   * A key that may also stand at the top: files that are laid over each other may name it
   * differently.
   *
   * @param name at the top
   * @param section that it belongs to
   * @param key in the section
   */
  record Alias(String name, String section, String key) {

    /** Those that a type declares. */
    static List<Alias> of(Class<? extends Record> type) {
      return Declared.of(type).stream()
          .filter(section -> section.shape() instanceof Declared.Section)
          .flatMap(section ->
              Declared.flat(((Declared.Section) section.shape()).type()).stream()
                  .filter(key -> !key.key().also().isEmpty())
                  .map(key -> new Alias(key.key().also(), section.name(), key.name())))
          .toList();
    }

    /** That of a section which may be at the top, at the first pointer, or in another section. */
    static List<Alias> of(List<String> pointers) {
      List<String[]> keys =
          pointers.stream().map(pointer -> pointer.substring(1).split("/")).toList();
      return keys.size() == 2 && keys.get(0).length == 1 && keys.get(1).length == 2
          ? List.of(new Alias(keys.get(0)[0], keys.get(1)[0], keys.get(1)[1]))
          : List.of();
    }

    String pointer() {
      return Place.below(Place.below("", section), key);
    }

    /** The section that the key moves into, unless it stands there already. */
    private Optional<ObjectNode> target(ObjectNode tree) {
      JsonNode there = tree.path(section);
      if (!tree.has(name) || !ConfigReader.isAbsent(there.path(key))) {
        return Optional.empty();
      }
      if (ConfigReader.isAbsent(there)) {
        return Optional.of(tree.putObject(section));
      }
      return there instanceof ObjectNode mapping ? Optional.of(mapping) : Optional.empty();
    }
  }

  /** A file that is to be laid over or under others, every key in its section. */
  static Layer of(ObjectNode said, Place.Source source, List<Alias> aliases) {
    ObjectNode tree = said.deepCopy();
    Map<String, Place.Source> owners = new HashMap<>();
    own(tree, "", source, owners);
    for (Alias alias : aliases) {
      alias
          .target(tree)
          .ifPresent(section -> {
            JsonNode value = tree.remove(alias.name());
            section.set(alias.key(), value);
            Place.Source moved = source.moved(alias.pointer(), "/" + alias.name());
            owners.put(alias.pointer(), moved);
            own(value, alias.pointer(), moved, owners);
          });
    }
    return new Layer(tree, source, owners);
  }

  /** Lays this one over another: mapping by mapping, other values whole. */
  Layer over(Layer below, Problems problems) {
    ObjectNode both = below.tree.deepCopy();
    Map<String, Place.Source> owned = new HashMap<>(below.owners);
    lay(tree, both, "", owned, problems);
    return new Layer(both, source, owned);
  }

  private void lay(
      ObjectNode above,
      ObjectNode below,
      String pointer,
      Map<String, Place.Source> owned,
      Problems problems) {
    for (var entry : above.properties()) {
      String key = entry.getKey();
      String at = Place.below(pointer, key);
      JsonNode value = entry.getValue();
      JsonNode covered = below.path(key);
      Place.Source owner = owners.get(at);
      if (value.isNull() && !ConfigReader.isAbsent(covered)) {
        Place.Source base = owned.getOrDefault(at, source);
        problems.add(
            at, new Problem(owner == null ? source.of(at) : owner.of(at), empty(at, base.of(at))));
        continue;
      }
      if (owner != null) {
        owned.put(at, owner);
      }
      if (value instanceof ObjectNode upper && covered instanceof ObjectNode lower) {
        lay(upper, lower, at, owned, problems);
        continue;
      }
      if (covered.isObject()) {
        owned.keySet().removeIf(inner -> inner.startsWith(at + "/"));
      }
      below.set(key, value.deepCopy());
      keepOwners(value, at, owned);
    }
  }

  private void keepOwners(JsonNode value, String pointer, Map<String, Place.Source> owned) {
    for (var entry : value.properties()) {
      String at = Place.below(pointer, entry.getKey());
      Place.Source owner = owners.get(at);
      if (owner != null) {
        owned.put(at, owner);
      }
      keepOwners(entry.getValue(), at, owned);
    }
  }

  private static String empty(String pointer, String base) {
    return "%s has no value here but one in %s, which can't be unset: give another, or remove the key"
        .formatted(pointer.substring(1).replace('/', '.'), base);
  }

  private static void own(
      JsonNode node, String pointer, Place.Source source, Map<String, Place.Source> owners) {
    for (var entry : node.properties()) {
      String at = Place.below(pointer, entry.getKey());
      owners.put(at, source);
      own(entry.getValue(), at, source, owners);
    }
  }
}
