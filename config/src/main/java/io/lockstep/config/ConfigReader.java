package io.lockstep.config;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Reads a YAML text into a record whose components are {@link Key}s. A wrong value becomes a
 * problem and reading goes on, so that the user sees all problems at once; a key that nobody
 * declared is a problem too, with the nearest known one as a hint.
 */
public final class ConfigReader {

  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private final Vocabulary vocabulary;
  private final Problems problems;
  private final Map<String, Object> values = new HashMap<>();
  private final Set<String> aliases = new LinkedHashSet<>();
  private final Layer text;
  private final JsonNode top;
  private final boolean extendable;

  private ConfigReader(Vocabulary vocabulary, Layer text, boolean extendable, Problems problems) {
    this.vocabulary = vocabulary;
    this.extendable = extendable;
    this.text = text;
    this.top = text.tree();
    this.problems = problems;
  }

  /**
   * Where a text comes from.
   *
   * @param name for messages
   * @param folder what relative paths in it are relative to
   * @param stored whether it was written earlier: the files it names may be gone, and it extends
   *     none
   * @param file that holds it, if one does
   * @param base a file that lies below all that the text says and extends
   */
  public record Origin(
      String name, Path folder, boolean stored, Optional<Path> file, Optional<Path> base) {

    /** Of a text that is in no file. */
    public Origin(String name, Path folder, boolean stored) {
      this(name, folder, stored, Optional.empty(), Optional.empty());
    }

    /** Of a file that a person wrote. */
    public static Origin of(Path file, Optional<Path> base) {
      Path folder = file.toAbsolutePath().resolveSibling("");
      return new Origin(file.toString(), folder, false, Optional.of(file), base);
    }
  }

  /**
   * Reads a text over the files that it extends.
   *
   * @param vocabulary what is known about keys that the type doesn't have
   * @throws ConfigException with every problem
   */
  public static <R extends Record> R read(
      Class<R> type, String yaml, Origin origin, Vocabulary vocabulary) throws ConfigException {
    ConfigReader reader = layered(yaml, origin, Layer.Alias.of(type), vocabulary);
    return reader.sound(reader.section(type, reader.top, reader.top(), none()));
  }

  /**
   * What a text and the files that it extends say together, and where each value stands.
   *
   * @throws ConfigException if they can't be laid over each other; other problems are listed
   */
  public static <R extends Record> ConfigListing list(
      Class<R> type, String yaml, Origin origin, Vocabulary vocabulary) throws ConfigException {
    ConfigReader reader = layered(yaml, origin, Layer.Alias.of(type), vocabulary);
    reader.section(type, reader.top, reader.top(), none());
    ObjectNode ordered = JsonNodeFactory.instance.objectNode();
    for (Declared section : Declared.of(type)) {
      if (reader.top.has(section.name())) {
        ordered.set(section.name(), reader.top.get(section.name()));
      }
    }
    reader.top.properties().forEach(each -> ordered.putIfAbsent(each.getKey(), each.getValue()));
    String listed =
        ConfigListing.text(
            ordered, reader.top(), place -> reader.values.get(place.pointer()) instanceof Path);
    return new ConfigListing(listed, reader.problems.all());
  }

  private static ConfigReader layered(
      String yaml, Origin origin, List<Layer.Alias> aliases, Vocabulary vocabulary)
      throws ConfigException {
    Problems problems = new Problems();
    Layer text = Bases.of(yaml, origin, aliases, vocabulary.upgrade(), problems);
    return new ConfigReader(vocabulary, text, !origin.stored(), problems);
  }

  /**
   * Reads one section of a text, or of the file that stands there, and nothing else of it.
   *
   * @param pointers where it may be, as JSON pointers; the first that is there counts
   * @param vocabulary what is known about keys that the whole file doesn't have
   * @return nothing if it isn't there
   * @throws ConfigException with every problem of it
   */
  public static <R extends Record> Optional<R> readSection(
      Class<R> type, String yaml, Origin origin, List<String> pointers, Vocabulary vocabulary)
      throws ConfigException {
    ConfigReader reader = layered(yaml, origin, Layer.Alias.of(pointers), vocabulary);
    for (String pointer : pointers) {
      JsonNode node = reader.top.at(pointer);
      if (!isAbsent(node)) {
        String[] keys = pointer.substring(1).split("/");
        Place place = reader.top().at(keys);
        return Optional.of(reader.sound(reader.section(type, keys[keys.length - 1], node, place)));
      }
    }
    return Optional.empty();
  }

  /**
   * Reads a line of a file in which each holds a record, as JSON.
   *
   * @param place file and line, for messages
   */
  public static <R extends Record> R readLine(Class<R> type, String json, String place)
      throws ConfigException {
    try {
      Place.Source source = new Place.Source(place, Path.of(""), false, Map.of(), "", "");
      Layer nothing = new Layer(JsonNodeFactory.instance.objectNode(), source, Map.of());
      ConfigReader reader = new ConfigReader(Vocabulary.NONE, nothing, false, new Problems());
      return reader.sound(reader.section(type, JSON.readTree(json), reader.top(), none()));
    } catch (JsonProcessingException e) {
      throw new ConfigException(place, List.of("is not JSON: " + e.getOriginalMessage()));
    }
  }

  private Place top() {
    return Place.top(problems, text.source(), text.owners());
  }

  private <R extends Record> R sound(R record) throws ConfigException {
    if (problems.count() > 0) {
      throw new ConfigException(problems.all());
    }
    return record;
  }

  static JsonNode none() {
    return MissingNode.getInstance();
  }

  /** A section, or the path of its file. */
  private <R extends Record> R section(Class<R> type, String name, JsonNode node, Place place) {
    return node.isTextual()
        ? file(type, name, place.resolve(node.textValue()), place)
        : section(type, node, place, none());
  }

  private <R extends Record> R section(
      Class<R> type, JsonNode node, Place place, JsonNode defaults) {
    return section(type, type, node, place, defaults);
  }

  /** A section; if it is an entry of a list, of a kind. */
  <R extends Record> R section(
      Class<R> type, Class<? extends Record> kind, JsonNode node, Place place, JsonNode defaults) {
    JsonNode mapping = node;
    if (!node.isObject() && !isAbsent(node)) {
      place.problem("must be a mapping of keys to values");
      mapping = JsonNodeFactory.instance.objectNode();
    }
    Set<String> known = new LinkedHashSet<>();
    R record = record(type, kind, mapping, place, defaults, known);
    List<String> near = new ArrayList<>(known);
    if (place.pointer().isEmpty()) {
      known.addAll(aliases);
      near.addAll(aliases);
      near.addAll(extendable ? List.of(Bases.KEY) : List.of());
    }
    for (var entry : mapping.properties()) {
      String key = entry.getKey();
      if (!known.contains(key) && !refuse(key, entry.getValue(), place.at(key))) {
        Place unknown = place.at(key);
        unknown.report("unknown key " + unknown.path() + Forms.hint(key, near));
      }
    }
    problems.check(record, place);
    return record;
  }

  /** Refuses a removed option or a former name, or those in a section that is unknown. */
  private boolean refuse(String key, JsonNode value, Place place) {
    String now = vocabulary.renamed().get(place.path());
    if (now != null) {
      place.problem("is now " + now);
      return true;
    }
    for (RemovedOption option : vocabulary.removed()) {
      if (key.contains(option.part())) {
        place.problem("does not exist: " + option.reason());
        return true;
      }
    }
    boolean refused = false;
    for (var inner : value.properties()) {
      refused |= refuse(inner.getKey(), inner.getValue(), place.at(inner.getKey()));
    }
    return refused;
  }

  private <R extends Record> R record(
      Class<R> type,
      Class<? extends Record> kind,
      JsonNode mapping,
      Place place,
      JsonNode defaults,
      Set<String> known) {
    List<Object> components = new ArrayList<>();
    for (Declared declared : Declared.of(type)) {
      Optional<Class<? extends Record>> inlined = declared.inlined(kind);
      if (inlined.isPresent()) {
        Record inner = record(inlined.get(), kind, mapping, place, defaults, known);
        problems.check(inner, place);
        components.add(inner);
        continue;
      }
      known.add(declared.name());
      Optional<Object> value = component(declared, mapping, place, defaults);
      components.add(declared.optional() ? value : value.orElseThrow());
    }
    return Declared.create(type, components);
  }

  private Optional<Object> component(
      Declared declared, JsonNode mapping, Place section, JsonNode defaults) {
    JsonNode node = mapping.path(declared.name());
    Place place = section.at(declared.name());
    String also = declared.key().also();
    if (!also.isEmpty()) {
      aliases.add(also);
      if (top.has(also) && !isAbsent(node)) {
        place.problem("and " + also + " exclude each other: remove one of them");
      } else if (top.has(also)) {
        node = top.get(also);
        place = place.alias(also);
      }
    }
    if (isAbsent(node)) {
      node = defaults.path(declared.name());
    }
    if (isAbsent(node) && declared.optional()) {
      return Optional.empty();
    }
    return Optional.of(
        switch (declared.shape()) {
          case Declared.Section(var type) ->
              declared.key().file()
                  ? section(type, declared.name(), node, place)
                  : section(type, node, place, none());
          case Declared.Sections(var type) -> sections(type, node, place, declared.key());
          case Declared.Entries shape ->
              keep(place, new EntryReader(shape, this).entries(node, place, declared.required()));
          case Declared.Changes(var shape) ->
              keep(
                  place,
                  new EntryReader(shape, this)
                      .changes(
                          node, place, (List<?>) like(declared.key().like(), place.pointer())));
          case Declared.Kind _ -> throw new IllegalStateException(place.path() + " has no kind");
          case Declared.Value(var form) -> value(declared.key(), form, node, place);
        });
  }

  private List<Record> sections(Class<? extends Record> type, JsonNode list, Place place, Key key) {
    if (!list.isArray() && !isAbsent(list)) {
      place.problem("must be a list of mappings, not " + list);
    } else if (list.size() < key.min()) {
      place.problem("must be a list of at least one mapping");
    }
    JsonNode defaults = constant(key.defaults());
    List<Record> sections = new ArrayList<>();
    for (int i = 0; list.isArray() && i < list.size(); i++) {
      sections.add(section(type, list.get(i), place.at(i), defaults));
    }
    return sections;
  }

  private Object value(Key key, Form<Object> form, JsonNode node, Place place) {
    Object value;
    if (!isAbsent(node)) {
      value = form.read(node, place).orElseGet(form::whenFaulty);
    } else if (!key.like().isEmpty()) {
      value = like(key.like(), place.pointer());
    } else if (!key.otherwise().isEmpty()) {
      value = form.read(constant(key.otherwise()), place).orElseThrow();
    } else {
      place.problem("is missing: it must be " + form.words());
      value = form.whenFaulty();
    }
    return keep(place, value);
  }

  /** Remembers a value for keys that are like it. */
  private Object keep(Place place, Object value) {
    values.put(place.pointer(), value);
    return value;
  }

  /** The value of a key in the nearest section around or before a place that has it. */
  private Object like(String key, String pointer) {
    String below = "/" + key.replace('.', '/');
    String section = pointer;
    while (!section.isEmpty()) {
      section = section.substring(0, section.lastIndexOf('/'));
      Object value = values.get(section + below);
      if (value == null && section.matches(".*/[1-9]\\d*")) {
        int end = section.lastIndexOf('/') + 1;
        int before = Integer.parseInt(section.substring(end)) - 1;
        value = values.get(section.substring(0, end) + before + below);
      }
      if (value != null) {
        return value;
      }
    }
    throw new IllegalStateException(key + ", whose value " + pointer + " takes, comes after it");
  }

  /** A section in a file of its own; of one that can't be read no key is told. */
  private <R extends Record> R file(Class<R> type, String name, Path path, Place place) {
    keep(place, path);
    Optional<SectionFile> file = SectionFile.read(path, name, place);
    if (file.isPresent()) {
      return section(type, file.get().section(), place.in(file.get().source()), none());
    }
    int told = problems.count();
    R empty = section(type, none(), place, none());
    problems.keep(told);
    return empty;
  }

  static JsonNode constant(String yaml) {
    try {
      return YamlText.parse(yaml, "a declared default");
    } catch (ConfigException e) {
      throw new IllegalStateException(e);
    }
  }

  static boolean isAbsent(JsonNode node) {
    return node.isMissingNode() || node.isNull();
  }
}
