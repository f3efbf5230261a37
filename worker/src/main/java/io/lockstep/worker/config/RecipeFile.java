package io.lockstep.worker.config;

import io.lockstep.config.ConfigException;
import io.lockstep.config.ConfigListing;
import io.lockstep.config.ConfigReader;
import io.lockstep.config.YamlText;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * A recipe in a file.
 *
 * @param file what it says, over the files that it extends
 * @param base a file that lies below all of them
 */
public record RecipeFile(Path file, Optional<Path> base) {

  /** A recipe over what it extends alone. */
  public RecipeFile(Path file) {
    this(file, Optional.empty());
  }

  /** What the files say together. */
  public RunConfig read() throws IOException, ConfigException {
    return ConfigReader.read(
        RunConfig.class, YamlText.written(file), origin(), FormerRecipe.VOCABULARY);
  }

  /**
   * The same as text, value by value with its file.
   *
   * @throws ConfigException if they can't be laid over each other; other problems are listed
   */
  public ConfigListing list() throws IOException, ConfigException {
    return ConfigReader.list(
        RunConfig.class, YamlText.written(file), origin(), FormerRecipe.VOCABULARY);
  }

  /** Reads the starting model alone: the files of other sections need not be there yet. */
  public ModelSection readModel() throws IOException, ConfigException {
    return ConfigReader.readSection(
            ModelSection.class,
            YamlText.written(file),
            origin(),
            List.of("/model"),
            FormerRecipe.VOCABULARY)
        .orElseThrow(() -> new ConfigException(file.toString(), List.of("has no section 'model'")));
  }

  private ConfigReader.Origin origin() {
    return ConfigReader.Origin.of(file, base);
  }
}
