package io.lockstep.cli.command.config;

import io.lockstep.cli.command.CommandGroup;
import io.lockstep.cli.command.RecipeOptions;
import io.lockstep.cli.console.UserError;
import io.lockstep.cli.recipe.SwiftImport;
import io.lockstep.config.ConfigException;
import io.lockstep.config.ConfigListing;
import io.lockstep.config.YamlText;
import io.lockstep.data.file.FileWrites;
import io.lockstep.worker.config.RunConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.TypeConversionException;

/** {@code lockstep config}. */
@Command(
    name = "config",
    description = "Describes the keys of a recipe, and what one says.",
    synopsisSubcommandLabel = "COMMAND")
public final class ConfigCommand extends CommandGroup {

  @Command(name = "reference", description = "Prints every key of a recipe as a page in Markdown.")
  void reference() {
    System.out.print(RunConfig.reference());
  }

  @Command(
      name = "schema",
      description = "Prints the JSON Schema of a recipe, with which editors complete and check it.")
  void schema() {
    System.out.print(RunConfig.schema());
  }

  @Command(
      name = "show",
      description =
          "Prints what a recipe and the files that it extends say together, and behind each value"
              + " where it stands.")
  int show(@Mixin RecipeOptions recipe) throws IOException, ConfigException {
    ConfigListing listing = recipe.file().list();
    System.out.print(listing.text());
    listing.problems().forEach(problem -> System.err.println("error: " + problem));
    return listing.problems().isEmpty() ? 0 : 1;
  }

  /** Programs whose arguments can be imported. */
  enum Program {
    /** ms-swift of ModelScope. */
    MS_SWIFT("ms-swift");

    private final String label;

    Program(String label) {
      this.label = label;
    }

    @Override
    public String toString() {
      return label;
    }
  }

  /** Programs by the names that users give them. */
  static final class ProgramConverter implements ITypeConverter<Program> {
    @Override
    public Program convert(String name) {
      return Arrays.stream(Program.values())
          .filter(program -> program.label.equals(name))
          .findFirst()
          .orElseThrow(() ->
              new TypeConversionException(
                  "no arguments of '%s' can be imported, only those of %s"
                      .formatted(name, Arrays.toString(Program.values()))));
    }
  }

  @Command(
      name = "import",
      description =
          "Turns the arguments of another program, a shell script or a YAML file, into a recipe,"
              + " and lists those that a recipe can't hold.")
  int importArguments(
      @Option(
              names = "--from",
              required = true,
              paramLabel = "PROGRAM",
              converter = ProgramConverter.class,
              description = "Whose arguments they are: ms-swift.")
          Program program,
      @Option(
              names = "--out",
              paramLabel = "RECIPE",
              description = "File that is written; it must not exist (default: standard output).")
          @Nullable Path out,
      @Parameters(paramLabel = "FILE", description = "The script or YAML file.") Path file)
      throws IOException, ConfigException {
    Path folder = (out == null ? file : out).toAbsolutePath().resolveSibling("");
    SwiftImport imported = SwiftImport.of(YamlText.of(file), file.toString(), folder);
    String recipe = imported.withComments(program + " in " + file.getFileName());
    if (out == null) {
      System.out.print(recipe);
    } else {
      if (Files.exists(out)) {
        throw new UserError(out + " exists: name another file with --out, or remove it");
      }
      FileWrites.text(out, recipe);
      System.out.println("recipe: " + out);
    }
    imported.notes().forEach(note -> System.err.println("note: " + note));
    imported
        .left()
        .forEach(
            (argument, reason) -> System.err.printf("not carried: %s: %s%n", argument, reason));
    imported.problems().forEach(problem -> System.err.println("to do: " + problem));
    return imported.problems().isEmpty() ? 0 : 1;
  }
}
