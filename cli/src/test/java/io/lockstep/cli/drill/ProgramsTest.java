package io.lockstep.cli.drill;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A machine that lacks something for the drill. */
class ProgramsTest {

  @TempDir private Path empty;

  @Test
  void aMissingProgramFailsByItsName() {
    AssertionError missing = assertThrows(AssertionError.class, () -> Programs.require(empty));
    assertTrue(missing.getMessage().contains(empty.resolve("kubectl").toString()));
    assertTrue(missing.getMessage().contains("kubernetes-client"), missing.getMessage());
  }
}
