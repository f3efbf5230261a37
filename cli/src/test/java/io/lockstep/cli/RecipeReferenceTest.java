package io.lockstep.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is checked in about the keys of a recipe is what the program says of them. */
class RecipeReferenceTest {

  @ParameterizedTest(name = "{1}")
  @CsvSource({"reference, docs/recipe.md", "schema, configs/recipe.schema.json"})
  void whatIsCheckedInIsUpToDate(String command, String file) throws Exception {
    Said said = Said.by("config", command);
    assertEquals(0, said.exit(), said.err());
    assertEquals(
        Files.readString(Path.of("..").resolve(file)),
        said.out(),
        "write it anew: ./lockstep config " + command + " > " + file);
  }
}
