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

  /** A value. */
  record Value(Form<Object> form) implements Shape {}

  /** The keys of a record, in order. */
  static List<Declared> of(Class<? extends Record> type) {
    return Arrays.stream(type.getRecordComponents()).map(Declared::of).toList();
  }

  /** The same, with the keys of inlined records in their places. */
  static List<Declared> flat(Class<? extends Record> type) {
    return of(type).stream()
        .flatMap(each ->
            each.key.inline() && each.shape instanceof Section(var inner)
                ? flat(inner).stream()
                : Stream.of(each))
        .toList();
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
    if (inner == java.time.Duration.class) {
      name += "_" + key.unit();
    }
    return new Declared(component, name, key, shape(inner, key), optional);
  }

  private static Shape shape(Type type, Key key) {
    boolean list = type instanceof ParameterizedType;
    Class<?> raw = (Class<?>) (list ? argument(type) : type);
    if (key.form().length == 0 && raw.isRecord()) {
      Class<? extends Record> section = raw.asSubclass(Record.class);
      return list ? new Sections(section) : new Section(section);
    }
    return new Value(Forms.of(raw, list, key));
  }

  private static Type argument(Type type) {
    return ((ParameterizedType) type).getActualTypeArguments()[0];
  }

  private static String snake(String name) {
    return name.replaceAll("([a-z0-9])([A-Z])", "$1_$2").toLowerCase(Locale.ROOT);
  }

  /** Whether a file must give it, or one of its keys. */
  boolean required() {
    return !optional
        && switch (shape) {
          case Section(var type) -> of(type).stream().anyMatch(Declared::required);
          case Sections _ -> false;
          case Value _ -> key.otherwise().isEmpty() && key.like().isEmpty();
        };
  }

  /** The value in a record; nothing if it is left out. */
  Optional<Object> in(Record record) {
    try {
      component.getAccessor().setAccessible(true);
      Object value = Objects.requireNonNull(component.getAccessor().invoke(record));
      return optional ? ((Optional<?>) value).map(Object.class::cast) : Optional.of(value);
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
