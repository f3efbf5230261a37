package io.lockstep.config;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A component of a record that is a key.
 *
 * @param name in files
 * @param key what is declared of it
 * @param shape what stands under it
 * @param optional whether it may be left out without a default
 */
record Declared(RecordComponent component, String name, Key key, Shape shape, boolean optional) {

  /** What stands under a key. */
  sealed interface Shape {}

  /** Keys of a nested record. */
  record Section(Class<? extends Record> type) implements Shape {}

  /** A list of such. */
  record Sections(Class<? extends Record> type) implements Shape {}

  /**
   * A list of named entries.
   *
   * @param type of an entry: what all kinds have in common, or a record with a {@link Kind} in it
   */
  record Entries(Class<?> type, Kinds kinds) implements Shape {

    /** The record of an entry of a kind. */
    Class<? extends Record> record(Class<? extends Record> kind) {
      return type.isRecord() ? type.asSubclass(Record.class) : kind;
    }

    /** The kind of an entry. */
    Class<? extends Record> kind(Record entry) {
      return of(entry.getClass()).stream()
          .filter(key -> key.shape instanceof Kind)
          .findFirst()
          .map(key -> (Record) key.value(entry))
          .orElse(entry)
          .getClass();
    }
  }

  /** What a mapping of names to keys makes of the numbers of such a list. */
  record Changes(Entries entries) implements Shape {}

  /** The keys of an entry's kind. */
  record Kind() implements Shape {}

  /** A value. */
  record Value(Form<Object> form) implements Shape {}

  private static final ClassValue<List<Declared>> KEYS =
      new ClassValue<>() {
        @Override
        protected List<Declared> computeValue(Class<?> type) {
          return Arrays.stream(type.getRecordComponents()).map(Declared::of).toList();
        }
      };

  /** The keys of a record, in order. */
  static List<Declared> of(Class<? extends Record> type) {
    return KEYS.get(type);
  }

  /** The same, with the keys of inlined records in their places. */
  static List<Declared> flat(Class<? extends Record> type) {
    return flat(type, type);
  }

  /** The same of an entry of a kind. */
  static List<Declared> flat(Class<? extends Record> type, Class<? extends Record> kind) {
    return of(type).stream()
        .flatMap(each ->
            each.inlined(kind)
                .map(inner -> flat(inner, kind).stream())
                .orElseGet(() -> Stream.of(each)))
        .toList();
  }

  /** The keys of an entry that a mapping of changes may have. */
  static List<String> numbers(Class<? extends Record> type, Class<? extends Record> kind) {
    return flat(type, kind).stream().filter(Declared::isNumber).map(Declared::name).toList();
  }

  /** The record whose keys stand among those of this one's, if they do. */
  Optional<Class<? extends Record>> inlined(Class<? extends Record> kind) {
    return switch (shape) {
      case Section(var type) when key.inline() -> Optional.of(type);
      case Kind _ -> Optional.of(kind);
      default -> Optional.empty();
    };
  }

  /** What a kind is. */
  static String sentence(Class<? extends Record> kind) {
    Key key = kind.getAnnotation(Key.class);
    if (key == null) {
      throw new IllegalStateException(kind + " has no @Key");
    }
    return key.value();
  }

  private static Declared of(RecordComponent component) {
    Key key = component.getAnnotation(Key.class);
    if (key == null) {
      throw new IllegalStateException(component + " has no @Key");
    }
    Type type = component.getGenericType();
    boolean optional = component.getType() == Optional.class;
    Type inner = optional ? argument(type) : type;
    String name = key.name().isEmpty() ? snake(component.getName()) : key.name();
    if (inner == java.time.Duration.class && key.name().isEmpty()) {
      name += "_" + key.unit();
    }
    return new Declared(component, name, key, shape(inner, key), optional);
  }

  private static Shape shape(Type type, Key key) {
    boolean list = type instanceof ParameterizedType;
    Class<?> raw = (Class<?>) (list ? argument(type) : type);
    if (key.kinds().length > 0) {
      Entries entries = new Entries(raw, Forms.instance(key.kinds()[0]));
      return key.changes() ? new Changes(entries) : entries;
    }
    if (key.inline() && raw.isInterface()) {
      return new Kind();
    }
    if (key.form().length == 0 && raw.isRecord() && raw != Interval.class) {
      Class<? extends Record> section = raw.asSubclass(Record.class);
      return list ? new Sections(section) : new Section(section);
    }
    return new Value(Forms.of(raw, list, key));
  }

  private static Type argument(Type type) {
    return ((ParameterizedType) type).getActualTypeArguments()[0];
  }

  static String snake(String name) {
    return name.replaceAll("([a-z0-9])([A-Z])", "$1_$2").toLowerCase(Locale.ROOT);
  }

  /** Whether a file must give it, or one of its keys. */
  boolean required() {
    return !optional
        && switch (shape) {
          case Section(var type) -> of(type).stream().anyMatch(Declared::required);
          case Sections _, Entries _ -> key.min() > 0;
          case Changes _, Kind _ -> false;
          case Value _ -> key.otherwise().isEmpty() && key.like().isEmpty();
        };
  }

  /** Whether it counts or measures something. */
  boolean isNumber() {
    return List.of(int.class, double.class, Interval.class).contains(component.getType());
  }

  /** The value in a record; nothing if it is left out. */
  Optional<Object> in(Record record) {
    return optional
        ? ((Optional<?>) value(record)).map(Object.class::cast)
        : Optional.of(value(record));
  }

  /** The component of a record. */
  Object value(Record record) {
    try {
      component.getAccessor().setAccessible(true);
      return Objects.requireNonNull(component.getAccessor().invoke(record));
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(component + " can't be read", e);
    }
  }

  /** A record of these values. */
  static <R extends Record> R create(Class<R> type, List<Object> values) {
    try {
      Class<?>[] types =
          Arrays.stream(type.getRecordComponents())
              .map(RecordComponent::getType)
              .toArray(Class<?>[]::new);
      var constructor = type.getDeclaredConstructor(types);
      constructor.setAccessible(true);
      return constructor.newInstance(values.toArray());
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(type + " can't be made of " + values, e);
    }
  }
}
