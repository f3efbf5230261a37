package io.lockstep.config;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A section in a file of its own, as it is or under its name.
 *
 * @param section what the file says
 * @param source where that stands
 */
record SectionFile(JsonNode section, Place.Source source) {

  /**
   * Reads a file.
   *
   * @param name of the section
   * @param place where the file is named, which is told if it can't be read
   */
  static Optional<SectionFile> read(Path file, String name, Place place) {
    try {
      if (!Files.exists(file)) {
        place.problem("names %s, which does not exist".formatted(file));
      } else if (Files.size(file) > YamlText.MAX_BYTES) {
        place.problem("names %s, which is larger than 1 MiB".formatted(file));
      } else {
        return Optional.of(parse(file, name, place));
      }
    } catch (ConfigException e) {
      place.problem("names a file that is no YAML: " + e.getMessage());
    } catch (IOException e) {
      place.problem("names %s, which can't be read".formatted(file));
    }
    return Optional.empty();
  }

  private static SectionFile parse(Path file, String name, Place place)
      throws IOException, ConfigException {
    String yaml = YamlText.of(file);
    JsonNode tree = YamlText.parse(yaml, file.toString());
    Place.Source whole =
        new Place.Source(
            file.toString(),
            file.resolveSibling(""),
            place.isStored(),
            YamlText.lines(yaml),
            place.pointer(),
            "");
    if (!tree.has(name)) {
      return new SectionFile(tree, whole);
    }
    for (var entry : tree.properties()) {
      if (!entry.getKey().equals(name)) {
        Place other = place.in(whole).at(entry.getKey());
        other.report(
            "%s must not stand beside %s in a file of its own".formatted(entry.getKey(), name));
      }
    }
    return new SectionFile(tree.get(name), whole.below("/" + name));
  }
}
