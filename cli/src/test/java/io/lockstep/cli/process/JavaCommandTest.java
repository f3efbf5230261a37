package io.lockstep.cli.process;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.lockstep.cli.console.LogSetup;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class JavaCommandTest {

  @AfterEach
  void forgetLevel() {
    System.clearProperty(LogSetup.LEVEL_PROPERTY);
  }

  @Test
  void childrenLogAtTheLevelThatTheirParentWasAskedFor() {
    assertEquals("INFO", level());
    System.setProperty(LogSetup.LEVEL_PROPERTY, "DEBUG");
    assertEquals("DEBUG", level());
    System.setProperty(LogSetup.LEVEL_PROPERTY, "ERROR");
    assertEquals("INFO", level(), "their log is all that is left of them");
  }

  private static String level() {
    String option = "-D" + LogSetup.LEVEL_PROPERTY + "=";
    return JavaCommand.of("Main", List.of(), Path.of("logs"), List.of()).stream()
        .filter(argument -> argument.startsWith(option))
        .map(argument -> argument.substring(option.length()))
        .reduce((first, last) -> last)
        .orElse("");
  }
}
