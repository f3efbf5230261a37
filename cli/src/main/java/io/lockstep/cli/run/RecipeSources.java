package io.lockstep.cli.run;

import io.lockstep.config.ConfigException;
import io.lockstep.data.file.FileWrites;
import io.lockstep.worker.config.RecipeFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What the files of a recipe said when a run began or went on, kept beside its {@code run.yaml}.
 *
 * @param recipe the file that the run was started with
 * @param text what it and the files that it extends say, value by value with its file
 */
public record RecipeSources(String recipe, String text) {

  private static final String FILE_NAME = "recipe.yaml";
  private static final String FIRST = "# recipe: ";
  private static final Pattern ORIGIN = Pattern.compile("  # (.+?)(:\\d+)?$", Pattern.MULTILINE);

  /** Keeps what the files of a recipe say in a run's folder. */
  public static void write(Path runFolder, RecipeFile recipe) throws IOException, ConfigException {
    FileWrites.text(
        runFolder.resolve(FILE_NAME), FIRST + recipe.file() + "\n" + recipe.list().text());
  }

  /** Reads what is kept; empty if the run was started by a version that kept nothing. */
  public static Optional<RecipeSources> read(Path runFolder) throws IOException {
    Path file = runFolder.resolve(FILE_NAME);
    if (!Files.isRegularFile(file)) {
      return Optional.empty();
    }
    String text = Files.readString(file);
    int end = text.indexOf('\n');
    return text.startsWith(FIRST)
        ? Optional.of(
            new RecipeSources(text.substring(FIRST.length(), end), text.substring(end + 1)))
        : Optional.empty();
  }

  /** The other files that values are from: those that the recipe extends. */
  public Set<String> extended() {
    Set<String> files = new LinkedHashSet<>();
    ORIGIN.matcher(text).results().map(found -> found.group(1)).forEach(files::add);
    files.remove(recipe);
    return files;
  }
}
