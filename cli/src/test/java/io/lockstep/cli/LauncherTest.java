package io.lockstep.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The launcher in a fresh checkout, with a Maven that does what the test says. */
class LauncherTest {

  @TempDir private Path folder;
  private Path checkout;
  private Path tools;

  @BeforeEach
  void checkOut() throws IOException {
    checkout = Files.createDirectory(folder.resolve("checkout"));
    tools = Files.createDirectory(folder.resolve("tools"));
    Files.copy(Path.of("..", "lockstep"), checkout.resolve("lockstep"));
  }

  private record Ended(int exit, String out, String err) {}

  private Ended launch(Map<String, String> environment, String... arguments) throws Exception {
    ProcessBuilder builder = new ProcessBuilder("bash", checkout.resolve("lockstep").toString());
    builder.command().addAll(List.of(arguments));
    Path out = folder.resolve("out");
    Path err = folder.resolve("err");
    builder.redirectOutput(out.toFile()).redirectError(err.toFile());
    builder.environment().remove("HOME");
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    builder.environment().merge("PATH", tools.toString(), (path, mine) -> mine + ":" + path);
    builder.environment().putAll(environment);
    int exit = builder.start().waitFor();
    return new Ended(
        exit,
        Files.readString(out, StandardCharsets.UTF_8),
        Files.readString(err, StandardCharsets.UTF_8));
  }

  private void maven(String script) throws IOException {
    tool(tools.resolve("mvn"), script);
  }

  private static void tool(Path file, String script) throws IOException {
    Files.createDirectories(file.getParent());
    Files.writeString(file, "#!/bin/sh\n" + script);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  /** A JDK that only shows what it is called with. */
  private Map<String, String> echoingJdk() throws IOException {
    Path jdk = folder.resolve("jdk");
    tool(jdk.resolve("bin/javac"), "");
    tool(jdk.resolve("bin/java"), "for argument; do echo \"$argument\"; done");
    Files.writeString(jdk.resolve("release"), "JAVA_VERSION=\"25.0.1\"\n");
    return Map.of("JAVA_HOME", jdk.toString());
  }

  @Test
  void anArchiveOfClassesIsUsedUntilSomethingIsBuiltAgain() throws Exception {
    Path target = Files.createDirectories(checkout.resolve("cli/target"));
    Path jar = Files.writeString(target.resolve("cli-1.jar"), "");
    Path classPath = Files.writeString(target.resolve("classpath"), "a.jar");
    Path archive = Files.writeString(target.resolve("classes.jsa"), "noted");
    for (Path older : List.of(jar, classPath)) {
      Files.setLastModifiedTime(older, FileTime.fromMillis(1_000_000));
    }
    String use = "-XX:SharedArchiveFile=" + archive.toRealPath() + "\n";
    Ended ended = launch(echoingJdk(), "validate");
    assertTrue(ended.out().contains(use), ended.out() + ended.err());
    Files.setLastModifiedTime(archive, FileTime.fromMillis(900_000));
    assertFalse(
        launch(Map.of("JAVA_HOME", folder.resolve("jdk").toString()), "validate")
            .out()
            .contains(use));
  }

  /** What the archive of a release holds, with a script in place of what notes classes. */
  private void unpackRelease(String classArchive) throws IOException {
    Path jars = Files.createDirectories(checkout.resolve("lib"));
    Path jar = Files.writeString(jars.resolve("cli-1.jar"), "");
    Files.setLastModifiedTime(jar, FileTime.fromMillis(1_000_000));
    Files.writeString(jars.resolve("classpath"), "lib/a.jar:lib/b.jar\n");
    tool(checkout.resolve("bin/class-archive"), classArchive);
  }

  @Test
  void aReleaseNeedsNoMavenAndPreparesItsFirstStartOnce() throws Exception {
    unpackRelease("echo \"$2\" > \"$1\"");
    maven("echo unexpected; exit 1");
    Map<String, String> jdk = echoingJdk();
    Ended first = launch(jdk, "validate");
    assertEquals(0, first.exit(), first.err());
    assertEquals(
        "lockstep: preparing the first start; this takes a quarter of a minute\n", first.err());
    String root = checkout.toRealPath().toString();
    String classPath = "%1$s/lib/cli-1.jar:%1$s/lib/a.jar:%1$s/lib/b.jar".formatted(root);
    assertTrue(first.out().contains("\n-cp\n" + classPath + "\n"), first.out());
    assertEquals(classPath + "\n", Files.readString(checkout.resolve("lib/classes.jsa")));
    Ended second = launch(jdk, "validate");
    assertEquals("", second.err());
    assertTrue(
        second.out().contains("-XX:SharedArchiveFile=" + root + "/lib/classes.jsa\n"),
        second.out());
  }

  @Test
  void aReleaseThatCanNotPrepareItsFirstStartStartsWithout() throws Exception {
    unpackRelease("echo reasons >&2; exit 1");
    Map<String, String> jdk = echoingJdk();
    Ended first = launch(jdk, "validate");
    assertEquals(0, first.exit(), first.err());
    assertTrue(first.err().contains("processes start more slowly"), first.err());
    assertEquals("reasons\n", Files.readString(checkout.resolve("lib/classes.log")));
    Ended second = launch(jdk, "validate");
    assertEquals("", second.err());
    assertFalse(second.out().contains("SharedArchiveFile"), second.out());
  }

  @Test
  void whatTheOverviewLoadsIsMappedFromTheSecondTimeOn() throws Exception {
    unpackRelease("echo unexpected; exit 1");
    Map<String, String> jdk = echoingJdk();
    tool(
        folder.resolve("jdk/bin/java"),
        """
        for argument; do
          case "$argument" in -XX:AOTCacheOutput=*) echo recorded >"${argument#*=}" ;; esac
          echo "$argument"
        done
        """);
    Path cache = checkout.resolve("lib/overview.aot").toAbsolutePath();
    String use = "-XX:AOTCache=" + checkout.toRealPath().resolve("lib/overview.aot") + "\n";
    Ended first = launch(jdk, "--help");
    assertEquals("", first.err());
    assertTrue(first.out().endsWith("io.lockstep.cli.Main\n--help\n"), first.out());
    assertFalse(first.out().contains("AOTCache"), first.out());
    assertEquals("recorded\n", Files.readString(cache));
    Ended second = launch(jdk);
    assertTrue(second.out().contains(use), second.out());
    Files.setLastModifiedTime(cache, FileTime.fromMillis(900_000));
    assertFalse(launch(jdk, "-h").out().contains("AOTCache"), "an older one is made anew");
    assertTrue(launch(jdk, "--version").out().contains(use));
    assertFalse(launch(jdk, "plan", "--help").out().contains("AOTCache"));
  }

  @Test
  void anOverviewThatCanNotBePreparedIsShown() throws Exception {
    unpackRelease("exit 1");
    Map<String, String> jdk = echoingJdk();
    Ended first = launch(jdk, "--help");
    assertEquals(0, first.exit());
    assertEquals("", first.err());
    Ended second = launch(jdk, "--help");
    assertEquals(first, second);
    assertFalse(second.out().contains("AOTCache"), "tried once");
  }

  @Test
  void withoutAHomeItStartsAndHandsAllArgumentsOn() throws Exception {
    Files.createDirectories(checkout.resolve("cli/target"));
    Files.writeString(checkout.resolve("cli/target/classpath"), "a.jar");
    Ended ended = launch(echoingJdk(), "train", "--out", "two words");
    assertEquals(0, ended.exit(), ended.err());
    assertEquals("", ended.err());
    assertTrue(
        ended.out().endsWith("io.lockstep.cli.Main\ntrain\n--out\ntwo words\n"), ended.out());
  }

  @Test
  void aRepositoryThatCannotBeWrittenIsNamedWithWhatToDo() throws Exception {
    maven(
        """
        echo '[ERROR] Could not create local repository at /srv/m2 -> [Help 1]'
        echo '[ERROR] '
        echo '[ERROR] Re-run Maven using the -X switch to enable full debug logging.'
        exit 1
        """);
    Ended ended = launch(Map.of());
    assertEquals(1, ended.exit());
    String error = ended.err().lines().toList().getLast();
    assertTrue(
        error.startsWith("error: Could not create local repository at /srv/m2: give this user"),
        error);
    assertTrue(error.contains("MAVEN_OPTS=-Dmaven.repo.local=FOLDER"), error);
  }

  @Test
  void anErrorOfTheBuildIsShownWithoutTheAdviceOfMaven() throws Exception {
    maven(
        """
        echo '[ERROR] Failed to execute goal on project data -> [Help 1]'
        echo '[ERROR] To see the full stack trace of the errors, re-run Maven with the -e switch.'
        echo '[ERROR] [Help 1] http://example.org/help'
        exit 1
        """);
    Ended ended = launch(Map.of());
    assertEquals(1, ended.exit());
    List<String> told = ended.err().lines().skip(1).toList();
    assertEquals("Failed to execute goal on project data", told.getFirst());
    assertEquals(2, told.size(), ended.err());
    assertTrue(told.getLast().contains("build.log"), ended.err());
  }

  @Test
  void aCheckoutThatCannotBeWrittenIsToldBeforeMavenIsStarted() throws Exception {
    maven("echo unexpected; exit 1");
    // A file where the folder should be can't be written into by anybody, root included.
    Files.writeString(checkout.resolve("target"), "");
    Ended ended = launch(Map.of());
    assertEquals(1, ended.exit());
    assertEquals(1, ended.err().lines().count(), ended.err());
    assertTrue(ended.err().contains("can't be written to"), ended.err());
  }

  @Test
  void withoutAJdkItSaysWhichToInstall() throws Exception {
    // Only what the script needs before it looks for a JDK.
    for (String name : List.of("readlink", "dirname", "grep")) {
      Path found = Path.of("/usr/bin", name);
      tool(
          tools.resolve(name),
          "exec %s \"$@\"".formatted(Files.exists(found) ? found : Path.of("/bin", name)));
    }
    Path script = checkout.resolve("lockstep");
    Files.writeString(
        script, Files.readString(script).replace("/usr/lib/jvm/*", "").replace("/opt/j", "/no/j"));
    Ended ended = launch(Map.of("PATH", tools.toString(), "JAVA_HOME", ""));
    assertEquals(1, ended.exit());
    assertEquals(
        "error: no JDK 25 or newer found: install one and set JAVA_HOME to its folder\n",
        ended.err());
  }
}
