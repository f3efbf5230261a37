package io.lockstep.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** There is one version, it follows semver.org, and the changelog tells what is in it. */
class ReleaseTest {

  private static final Path REPOSITORY = Path.of("..").toAbsolutePath().normalize();
  private static final String SNAPSHOT = "-SNAPSHOT";

  private static final Pattern VERSION =
      Pattern.compile("<artifactId>lockstep</artifactId>\\s*<version>([^<]*)</version>");
  private static final Pattern SEMANTIC =
      Pattern.compile("(0|[1-9]\\d*)\\.(0|[1-9]\\d*)\\.(0|[1-9]\\d*)(-[0-9A-Za-z.-]+)?");
  private static final Pattern IMAGE_TAG =
      Pattern.compile(
          "(?:newTag: |<image\\.tag>|lockstep-[cg]pu:|^appVersion: \"?)(\\d+\\.\\d+\\.\\d+[\\w.-]*)",
          Pattern.MULTILINE);

  private static Set<String> found(Pattern pattern, List<Path> files) throws IOException {
    Set<String> found = new TreeSet<>();
    for (Path file : files) {
      Matcher matcher = pattern.matcher(Files.readString(file));
      while (matcher.find()) {
        found.add(matcher.group(1));
      }
    }
    return found;
  }

  private static List<Path> files(String folder, int depth, String ending) throws IOException {
    try (Stream<Path> files = Files.walk(REPOSITORY.resolve(folder), depth)) {
      return files.filter(file -> file.toString().endsWith(ending)).toList();
    }
  }

  private static String version() throws IOException {
    Set<String> versions = found(VERSION, files("", 2, "pom.xml"));
    assertEquals(1, versions.size(), versions.toString());
    return versions.iterator().next();
  }

  @Test
  void theVersionIsTheSameInAllModulesAndSemantic() throws IOException {
    assertTrue(SEMANTIC.matcher(version()).matches(), version());
  }

  @Test
  void theCommandTellsIt() throws IOException {
    assertEquals("lockstep " + version(), Said.by("--version").lastLine());
    assertEquals("lockstep " + version(), Said.by("data", "check", "--version").lastLine());
  }

  @Test
  void theChangelogHasASectionForIt() throws IOException {
    String version = version();
    String section = version.endsWith(SNAPSHOT) ? "Unreleased" : Pattern.quote(version);
    String changelog = Files.readString(REPOSITORY.resolve("CHANGELOG.md"));
    Matcher heading = Pattern.compile("(?m)^## " + section + "\\b.*\\n+- ").matcher(changelog);
    assertTrue(heading.find(), () -> "CHANGELOG.md has no section '## %s'".formatted(section));
  }

  @Test
  void imagesAreTaggedWithIt() throws IOException {
    List<Path> files =
        Stream.of(files("k8s", 4, ".yaml"), files("k8s", 1, ".md"), files("cli", 1, "pom.xml"))
            .flatMap(List::stream)
            .toList();
    assertEquals(Set.of(version().replace(SNAPSHOT, "")), found(IMAGE_TAG, files));
  }
}
