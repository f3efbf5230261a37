package io.lockstep.cli.k8s;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** Kubernetes objects of a YAML text, as maps. */
final class Manifests {

  /** The repository's folder of them. */
  static final Path FOLDER = Path.of("..", "k8s").toAbsolutePath().normalize();

  private Manifests() {}

  /** The objects by kind and name. */
  static SortedMap<String, Map<String, Object>> read(String text) {
    SortedMap<String, Map<String, Object>> objects = new TreeMap<>();
    for (Object each : new Yaml(new SafeConstructor(new LoaderOptions())).loadAll(text)) {
      if (each != null) {
        Map<String, Object> object = map(each);
        String name = object.get("kind") + " " + map(object.get("metadata")).get("name");
        if (objects.put(name, object) != null) {
          throw new IllegalArgumentException(name + " is there twice");
        }
      }
    }
    return objects;
  }

  /** Those of a file below {@link #FOLDER}. */
  static SortedMap<String, Map<String, Object>> of(String file) throws IOException {
    return read(Files.readString(FOLDER.resolve(file)));
  }

  /** A part that is a map. */
  @SuppressWarnings("unchecked")
  static Map<String, Object> map(Object part) {
    return (Map<String, Object>) part;
  }

  /** A part that is a list of maps; none if it is missing. */
  static List<Map<String, Object>> maps(Object part) {
    List<Map<String, Object>> maps = new ArrayList<>();
    if (part instanceof List<?> list) {
      list.forEach(each -> maps.add(map(each)));
    }
    return maps;
  }

  /** What lies at the end of a path of keys. */
  static Object at(Map<String, Object> object, String... keys) {
    Object part = object;
    for (String key : keys) {
      part = map(part).get(key);
      if (part == null) {
        throw new IllegalArgumentException(key + " is missing in " + object);
      }
    }
    return part;
  }
}
