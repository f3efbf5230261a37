package io.lockstep.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What users are shown works, and needs no more than it says. */
class ExampleTest {

  @TempDir private Path dir;

  @Test
  void theExampleRuns() throws Exception {
    Path picture = dir.resolve("a.png");
    assertTrue(
        ImageIO.write(
            new BufferedImage(8, 8, BufferedImage.TYPE_INT_RGB), "png", picture.toFile()));
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (FakeGateway gateway = new FakeGateway();
        PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8)) {
      Example.inspect(gateway.endpoint().toString(), List.of(picture, picture), out);
      assertEquals(List.of(picture.toString(), picture + "#2", "G1", "chat"), gateway.asked());
    }
    assertEquals(
        List.of("Verdict: 通过", "Reason: 齐全", "two screws"),
        bytes.toString(StandardCharsets.UTF_8).lines().toList());
  }

  @Test
  void thePageShowsTheExampleAsItIs() throws Exception {
    String source = Files.readString(Path.of("src/test/java/io/lockstep/client/Example.java"));
    String method =
        source
            .substring(source.indexOf("  static void inspect"), source.lastIndexOf("}"))
            .stripTrailing()
            .stripIndent();
    String page = Files.readString(Path.of("../docs/client.md"));
    assertTrue(page.contains("```java\n" + method + "\n```"), "docs/client.md has another program");
  }

  @Test
  void theClassPathHasNoLibtorch() {
    ClassLoader loader = ExampleTest.class.getClassLoader();
    for (String type :
        List.of(
            "ai/djl/ndarray/NDArray",
            "io/lockstep/tensor/Torch",
            "io/lockstep/model/batch/Sample")) {
      assertNull(loader.getResource(type + ".class"), type);
    }
  }
}
