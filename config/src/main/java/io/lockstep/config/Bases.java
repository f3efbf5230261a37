package io.lockstep.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lockstep.config.text.UsableText;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * Lays a file over those that it extends: each over the ones named before it, a base with all that
 * it extends itself. What is wrong with bases is told at once, before anything else is.
 */
final class Bases {

  /** The key at the top of a file that names its bases. */
  static final String KEY = "extends";

  private static final int MOST_LEVELS = 16;

  private final List<Layer.Alias> aliases;
  private final Problems problems;
  private final List<Problem> unusable = new ArrayList<>();
  private final Map<Path, Extended> read = new HashMap<>();
  private final Map<Path, String> open = new LinkedHashMap<>();

  private Bases(List<Layer.Alias> aliases, Problems problems) {
    this.aliases = aliases;
    this.problems = problems;
  }

  /**
   * A file over its bases.
   *
   * @param levels files in the longest chain from it down
   */
  private record Extended(Layer layer, int levels) {}

  /**
   * A base that is asked for.
   *
   * @param place where, for messages
   * @param says what asks for it there, before a verb; may be empty
   */
  private record Asked(Path file, String place, String says) {
    Problem problem(String what) {
      return new Problem(place, says + "names " + file + ", which " + what);
    }
  }

  /**
   * Lays a text over its bases.
   *
   * @param upgrade of a text that was written earlier
   * @param problems told of what the text says that can't be laid over them
   * @throws ConfigException if the text or a base can't be used
   */
  static Layer of(
      String yaml,
      ConfigReader.Origin origin,
      List<Layer.Alias> aliases,
      UnaryOperator<ObjectNode> upgrade,
      Problems problems)
      throws ConfigException {
    ObjectNode said = mapping(yaml, origin.name());
    Place.Source source = source(yaml, origin.name(), origin.folder(), origin.stored());
    if (origin.stored()) {
      return new Layer(upgrade.apply(said), source, Map.of());
    }
    if (!said.has(KEY) && origin.base().isEmpty()) {
      return new Layer(said, source, Map.of());
    }
    Bases bases = new Bases(aliases, problems);
    Optional<Path> file = origin.file();
    file.ifPresent(self -> bases.open.put(identity(self), self.toString()));
    List<Asked> asked = new ArrayList<>();
    origin.base().ifPresent(base -> asked.add(new Asked(base, "--base_config", "")));
    asked.addAll(bases.extended(said, source, file.orElse(origin.folder().resolve("text"))));
    Layer layer = bases.extend(said, source, asked).layer();
    if (!bases.unusable.isEmpty()) {
      throw new ConfigException(bases.unusable);
    }
    return layer;
  }

  private Extended extend(ObjectNode said, Place.Source source, List<Asked> asked) {
    said.remove(KEY);
    Layer own = Layer.of(said, source, aliases);
    Layer below = new Layer(JsonNodeFactory.instance.objectNode(), source, Map.of());
    int levels = 0;
    for (Asked each : asked) {
      Optional<Extended> base = base(each);
      if (base.isPresent()) {
        below = base.get().layer().over(below, problems);
        levels = Math.max(levels, base.get().levels());
      }
    }
    return new Extended(own.over(below, problems), levels + 1);
  }

  /** The files that a text names. */
  private List<Asked> extended(ObjectNode said, Place.Source source, Path file) {
    JsonNode named = said.path(KEY);
    List<Asked> asked = new ArrayList<>();
    if (named.isTextual()) {
      ask(named, "/" + KEY, source, file).ifPresent(asked::add);
    } else if (named.isArray() && !named.isEmpty()) {
      for (int i = 0; i < named.size(); i++) {
        ask(named.get(i), "/" + KEY + "/" + i, source, file).ifPresent(asked::add);
      }
    } else if (said.has(KEY)) {
      refuse(named, source.of("/" + KEY));
    }
    return asked;
  }

  private Optional<Asked> ask(JsonNode name, String pointer, Place.Source source, Path file) {
    String place = source.of(pointer);
    if (!name.isTextual() || name.textValue().isBlank()) {
      refuse(name, place);
      return Optional.empty();
    }
    Optional<String> wrong = UsableText.problem(name.textValue());
    if (wrong.isPresent()) {
      unusable.add(new Problem(place, KEY + " " + wrong.get()));
      return Optional.empty();
    }
    Path base = file.resolveSibling(name.textValue()).normalize();
    return Optional.of(new Asked(base, place, KEY + " "));
  }

  private void refuse(JsonNode named, String place) {
    unusable.add(
        new Problem(place, KEY + " must be the path of a file, or a list of them, not " + named));
  }

  private Optional<Extended> base(Asked asked) {
    Path file = asked.file();
    try {
      if (!Files.exists(file)) {
        unusable.add(asked.problem("does not exist"));
      } else if (!Files.isRegularFile(file)) {
        unusable.add(asked.problem("is no ordinary file: name a YAML file"));
      } else if (Files.size(file) > YamlText.MAX_BYTES) {
        unusable.add(asked.problem("is larger than 1 MiB"));
      } else {
        return base(asked, identity(file));
      }
    } catch (ConfigException e) {
      unusable.addAll(e.all());
    } catch (IOException e) {
      unusable.add(asked.problem("can't be read"));
    }
    return Optional.empty();
  }

  private Optional<Extended> base(Asked asked, Path identity) throws IOException, ConfigException {
    if (open.containsKey(identity)) {
      unusable.add(
          asked.problem("leads back here: %s; remove one of them".formatted(cycle(identity))));
      return Optional.empty();
    }
    Extended known = read.get(identity);
    if (open.size() + (known == null ? 1 : known.levels()) > MOST_LEVELS) {
      unusable.add(
          asked.problem("is deeper than %d levels: put some into one".formatted(MOST_LEVELS)));
      return Optional.empty();
    }
    if (known == null) {
      Path file = asked.file();
      String yaml = YamlText.of(file);
      String name = file.toString();
      ObjectNode said = mapping(yaml, name);
      Place.Source source = source(yaml, name, file.toAbsolutePath().resolveSibling(""), false);
      open.put(identity, name);
      known = extend(said, source, extended(said, source, file));
      open.remove(identity);
      read.put(identity, known);
    }
    return Optional.of(known);
  }

  /** From a file that is being read to the one that names it again. */
  private String cycle(Path identity) {
    List<String> names = new ArrayList<>();
    for (var each : open.entrySet()) {
      if (!names.isEmpty() || each.getKey().equals(identity)) {
        names.add(each.getValue());
      }
    }
    names.add(names.getFirst());
    return String.join(" extends ", names);
  }

  /** What a file is, by whatever way it is named. */
  private static Path identity(Path file) {
    try {
      return file.toRealPath();
    } catch (IOException e) {
      // A pipe has no path.
      return file.toAbsolutePath().normalize();
    }
  }

  private static Place.Source source(String yaml, String name, Path folder, boolean stored) {
    return new Place.Source(name, folder, stored, YamlText.lines(yaml), "", "");
  }

  /** What a text says; an empty one says nothing. */
  private static ObjectNode mapping(String yaml, String name) throws ConfigException {
    JsonNode tree = YamlText.parse(yaml, name);
    if (ConfigReader.isAbsent(tree)) {
      return JsonNodeFactory.instance.objectNode();
    }
    if (tree instanceof ObjectNode mapping) {
      return mapping;
    }
    throw new ConfigException(name, List.of("the file must be a mapping of keys to values"));
  }
}
