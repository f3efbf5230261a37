package io.lockstep.cli.process;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A name that gets another address, as that of a pod that is started again. */
class HostNamesTest {

  @TempDir private Path folder;

  @Test
  void anAddressIsNotKeptForLong() throws Exception {
    Path names = Files.createFile(folder.resolve("names"));
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Djdk.net.hosts.file=" + names,
                "-cp",
                System.getProperty("java.class.path"),
                LookedUpTwice.class.getName(),
                names.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor());
    assertEquals("127.0.0.7\n127.0.0.8\n", out);
  }
}
