package io.lockstep.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Mistakes in YAML are told with the line to change and in words that say how. */
class YamlTextTest {

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      value = {
        "run:/^name: x                      | 2 | begins with a tab",
        "run:/  name: x/^seed: 1            | 3 | begins with a tab",
        "run:/  name:^x                     | 2 | tab before a value",
        "run:/  name: x/   seed: 1          | 3 | indented by 3 blanks, the line above, which has a value, by 2",
        "run:/  name: x/ seed: 1/model: 3   | 3 | indented by 1 blank, which fits no line above (0 or 2)",
        "run:/    seed: 1/  name: x         | 3 | indented by 2 blanks, which fits no line above (0 or 4)",
        "run:/  name:x/  seed: 1            | 2 | write 'name: x'",
        "run:/  max_steps 10/  save: 3      | 2 | write 'max_steps: 10'",
        "run:/  name: a: b                  | 2 | put it in quotes",
        "run:/  name: \"x/  seed: 1         | 2 | never closed",
        "run:/  name: 'it's'                | 2 | goes on after its quotes",
        "run: {name: x/model: y             | 1 | close it with '}'",
        "run: [1, 2/model: y                | 1 | close it with ']'",
        "run:/  name: @x                    | 2 | can't begin with '@'",
        "run:/  seed: 1/  seed: 2           | 3 | key 'seed' is there for the second time",
      })
  void aMistakeIsToldWithItsLineAndWhatToDo(String text, int line, String what) {
    String yaml = text.replace('/', '\n').replace('^', '\t') + "\n";
    ConfigException told =
        assertThrows(ConfigException.class, () -> YamlText.parse(yaml, "recipe.yaml"));
    String message = String.valueOf(told.getMessage());
    assertTrue(message.startsWith("recipe.yaml:" + line + ": "), message);
    assertTrue(message.contains(what), message);
    assertEquals(1, message.lines().count(), message);
  }

  @Test
  void aSecondDocumentIsNotLeftOutSilently() {
    ConfigException told =
        assertThrows(
            ConfigException.class, () -> YamlText.parse("seed: 1\n---\nmodel: x\n", "r.yaml"));
    assertTrue(String.valueOf(told.getMessage()).contains("'---'"), told.getMessage());
  }

  @Test
  void aFolderAndAnotherEncodingAreNamed(@TempDir Path folder) throws Exception {
    ConfigException noFile = assertThrows(ConfigException.class, () -> YamlText.of(folder));
    assertTrue(String.valueOf(noFile.getMessage()).contains("is a folder"), noFile.getMessage());
    Path latin = Files.write(folder.resolve("latin.yaml"), new byte[] {'a', ':', ' ', (byte) 0xE9});
    ConfigException encoded = assertThrows(ConfigException.class, () -> YamlText.of(latin));
    assertTrue(String.valueOf(encoded.getMessage()).contains("UTF-8"), encoded.getMessage());
  }
}
