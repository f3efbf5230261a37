package io.lockstep.cli.command;

import io.lockstep.cli.console.UsageError;
import io.lockstep.worker.config.RecipeFile;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** {@code --base_config}: a file below a recipe. */
public final class BaseConfigOption {

  @Option(
      names = "--base_config",
      paramLabel = "FILE",
      description =
          "A file that gives what neither the recipe nor what it extends says; see docs/recipe.md.")
  private @Nullable Path base;

  /** Its file, if one is given. */
  public Optional<Path> file() {
    return Optional.ofNullable(base);
  }

  /** A recipe above it. */
  public RecipeFile below(Path recipe) {
    return new RecipeFile(recipe, file());
  }

  /** Refuses it where no recipe is given. */
  public void requireNone() {
    if (base != null) {
      throw new UsageError("--base_config needs --config: name the recipe that it lies below");
    }
  }
}
