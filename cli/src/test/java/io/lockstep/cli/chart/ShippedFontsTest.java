package io.lockstep.cli.chart;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Plots and pictures need no font of the system, and Chinese can be read in them. */
class ShippedFontsTest {

  private static final List<String> PICTURES =
      List.of("line.png", "bars.png", "axes.png", "overlay.png");

  @TempDir private Path folder;

  @Test
  void aMachineWithoutFontsDrawsTheSame() throws Exception {
    Path with = draw("标签", "with", true);
    Path without = draw("标签", "without", false);
    for (String picture : PICTURES) {
      assertArrayEquals(bytes(with, picture), bytes(without, picture), picture);
    }
  }

  @Test
  void chineseIsMoreThanEmptyBoxes() throws Exception {
    Path one = draw("标签", "one", false);
    Path other = draw("松动", "other", false);
    for (String picture : PICTURES) {
      assertFalse(Arrays.equals(bytes(one, picture), bytes(other, picture)), picture);
    }
  }

  private static byte[] bytes(Path folder, String picture) throws IOException {
    return Files.readAllBytes(folder.resolve(picture));
  }

  /** Draws in a process of its own, with this machine's fonts or without any. */
  private Path draw(String text, String name, boolean fonts) throws Exception {
    Path out = Files.createDirectory(folder.resolve(name));
    ProcessBuilder process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Djava.awt.headless=true",
                "-Duser.home=" + out,
                "-cp",
                System.getProperty("java.class.path"),
                DrawnCharts.class.getName(),
                out.toString(),
                text)
            .redirectErrorStream(true);
    process.environment().put("LC_ALL", "C.UTF-8");
    if (!fonts) {
      Path none = folder.resolve(name + ".conf");
      Files.writeString(none, "<fontconfig></fontconfig>");
      process.environment().put("FONTCONFIG_FILE", none.toString());
    }
    Process started = process.start();
    String said = new String(started.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, started.waitFor(), said);
    return out;
  }
}
