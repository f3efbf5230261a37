package io.lockstep.cli.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.model.testing.GoldenFamily;
import io.lockstep.model.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Text reaches a command as it was typed, whatever locale the caller has or claims to have. */
class LocaleTest {

  private static final String PROMPT = "这是什么设备？ Käse";
  private static final Path MODEL = GoldenFamily.QWEN3_VL.checkpoint();
  private static final Path JAVA = Path.of(System.getProperty("java.home"), "bin", "java");

  @TempDir private static Path folder;
  private static Path launcher = Path.of("");
  private static Path picture = Path.of("");

  /** A launcher of its own with a JDK that runs the probe in the place of the command. */
  @BeforeAll
  static void buildLauncher() throws IOException {
    launcher = Files.copy(Path.of("..", "lockstep"), folder.resolve("lockstep"));
    picture = Files.createFile(folder.resolve("现场 照片.png"));
    Path target = Files.createDirectories(folder.resolve("cli").resolve("target"));
    Files.writeString(target.resolve("classpath"), "none");
    Path jdk = Files.createDirectories(folder.resolve("jdk").resolve("bin"));
    Files.writeString(folder.resolve("jdk").resolve("release"), "JAVA_VERSION=\"25\"\n");
    executable(jdk.resolve("javac"), "");
    executable(
        jdk.resolve("java"),
        """
        #!/usr/bin/env bash
        options=()
        while [[ $1 != -cp ]]; do options+=("$1"); shift; done
        shift 3
        exec "%s" "${options[@]}" -cp "%s" %s "$@"
        """
            .formatted(JAVA, System.getProperty("java.class.path"), LocaleProbe.class.getName()));
  }

  @ParameterizedTest
  @CsvSource({
    "C, '', ''",
    "POSIX, '', ''",
    "en_US.UTF-8, '', ''",
    "xx_XX.UTF-8, '', ''",
    "de_DE.ISO-8859-1, '', ''",
    "'', xx_XX.UTF-8, C",
    "'', '', xx_XX.utf8",
    "'', '', ''"
  })
  void theLauncherPassesTextOnInEveryLocale(String all, String type, String language)
      throws Exception {
    String expected;
    try (Tokenizer tokenizer = Tokenizer.open(MODEL)) {
      expected = PROMPT + "\n" + Arrays.toString(tokenizer.encode(PROMPT)) + "\ntrue\n";
    }
    List<String> command =
        List.of(launcher.toString(), MODEL.toString(), PROMPT, picture.toString());
    assertEquals(
        expected, run(command, Map.of("LC_ALL", all, "LC_CTYPE", type, "LANG", language), 0).out());
  }

  @Test
  void javaStartedByHandInAnotherEncodingSaysHowToSetIt() throws Exception {
    List<String> command =
        List.of(
            JAVA.toString(),
            "-cp",
            System.getProperty("java.class.path"),
            "io.lockstep.cli.Main",
            "--version");
    Ended refused = run(command, Map.of("LC_ALL", "xx_XX.UTF-8"), 1);
    assertTrue(refused.err().startsWith("error: Java takes arguments and file names as "));
    assertTrue(refused.err().contains("set LC_ALL=C.UTF-8"), refused.err());
    assertEquals(1, refused.err().lines().count(), refused.err());
    assertTrue(run(command, Map.of("LC_ALL", "C.UTF-8"), 0).out().startsWith("lockstep "));
  }

  private record Ended(String out, String err) {}

  /** Runs a command in a locale; variables without a value are unset. */
  private static Ended run(List<String> command, Map<String, String> locale, int exit)
      throws IOException, InterruptedException {
    Path out = Files.createTempFile(folder, "out", ".txt");
    Path err = Files.createTempFile(folder, "err", ".txt");
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
    builder.environment().keySet().removeIf(name -> name.startsWith("LC_") || name.equals("LANG"));
    locale.forEach((name, value) -> {
      if (!value.isEmpty()) {
        builder.environment().put(name, value);
      }
    });
    builder.environment().put("JAVA_HOME", folder.resolve("jdk").toString());
    builder.environment().put("LOCKSTEP_JAVA_OPTS", "-XX:TieredStopAtLevel=1");
    int code = builder.start().waitFor();
    String said = Files.readString(err, StandardCharsets.UTF_8);
    assertEquals(exit, code, said);
    return new Ended(Files.readString(out, StandardCharsets.UTF_8), said);
  }

  private static void executable(Path file, String content) throws IOException {
    Files.writeString(file, content);
    assertTrue(file.toFile().setExecutable(true));
  }
}
