package io.lockstep.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

class OpenFileLimitTest {

  @Test
  @EnabledOnOs(OS.LINUX)
  void aProcessThatMayOpenTooFewFilesSaysSoAtOnce() throws Exception {
    Path java = Path.of(System.getProperty("java.home"), "bin", "java");
    ProcessBuilder builder =
        new ProcessBuilder(
            "bash",
            "-c",
            "ulimit -n 64; exec \"$0\" -cp \"$CLASSES\" io.lockstep.cli.Main --version",
            java.toString());
    builder.environment().put("CLASSES", System.getProperty("java.class.path"));
    Process process = builder.redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(1, process.waitFor(), said);
    assertEquals(
        "error: this process may open 64 files at once, 256 are needed: run 'ulimit -n 4096' first,"
            + " or raise the hard limit of the user or the service\n",
        said);
  }

  @Test
  void enoughIsEnough() {
    assertEquals(Optional.empty(), OpenFileLimit.problem(256));
    assertEquals(Optional.empty(), OpenFileLimit.problem(-1));
    assertTrue(OpenFileLimit.problem(255).orElseThrow().contains("may open 255 files"));
  }
}
