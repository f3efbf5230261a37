package io.lockstep.model.family;

import io.lockstep.model.config.InertKeys;
import io.lockstep.model.config.StrictJson;
import io.lockstep.model.network.ModelConfig;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The shapes of published models by name, from the {@code config.json} that each was published
 * with; nothing else of them is here.
 */
public final class PublishedModels {

  private static final List<String> NAMES =
      List.of(
          "qwen2.5-vl-3b",
          "qwen2.5-vl-7b",
          "qwen3-vl-2b",
          "qwen3-vl-4b",
          "qwen3-vl-8b",
          "qwen3-vl-30b-a3b",
          "qwen3-vl-235b-a22b");

  private PublishedModels() {}

  /** All names, the smallest of a family first. */
  public static List<String> names() {
    return NAMES;
  }

  /**
   * The name of the shape that a text means: a name in any case, also as the models are published,
   * such as {@code Qwen/Qwen3-VL-8B-Instruct}.
   */
  public static Optional<String> name(String text) {
    String plain =
        text.toLowerCase(Locale.ROOT)
            .replaceFirst("^qwen/", "")
            .replaceFirst("-(instruct|thinking)$", "");
    return NAMES.stream().filter(plain::equals).findFirst();
  }

  /**
   * A shape.
   *
   * @param name one of {@link #names}
   */
  public static ModelConfig config(String name) throws IOException {
    String resource = "/published/" + name + ".json";
    try (InputStream stream = PublishedModels.class.getResourceAsStream(resource)) {
      if (stream == null) {
        throw new IllegalArgumentException("no published model is called " + name);
      }
      Path file = Path.of(name, "config.json");
      return ModelFamilies.parse(
          file, StrictJson.read(file, stream.readAllBytes(), InertKeys::contains));
    }
  }
}
