package io.lockstep.cli.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Links between pages lead to files and headings that are there, and each page can be found. */
class LinksTest {

  private static final Path REPOSITORY = Path.of("..").toAbsolutePath().normalize();
  private static final Pattern LINK = Pattern.compile("\\]\\(([^)\\s]+)\\)");
  private static final Pattern HEADING = Pattern.compile("#{1,6} (.*)");
  private static final Pattern CODE = Pattern.compile("`[^`]*`");

  @TempDir private Path folder;

  @Test
  void leadSomewhere() throws IOException {
    assertEquals(List.of(), dead(REPOSITORY));
  }

  @Test
  void everyPageOfTheDocumentationIsInItsIndex() throws IOException {
    String index = Files.readString(REPOSITORY.resolve("docs/README.md"));
    List<String> missing =
        new Pages(REPOSITORY)
            .names().stream()
                .filter(page -> page.startsWith("docs/") && !page.endsWith("README.md"))
                .filter(page -> !index.contains("](" + page.substring("docs/".length()) + ")"))
                .toList();
    assertEquals(List.of(), missing);
  }

  @Test
  void deadOnesAreTold() throws IOException {
    Files.createDirectories(folder.resolve("docs"));
    Files.createDirectories(folder.resolve("k8s"));
    Files.writeString(
        folder.resolve("README.md"),
        """
        # One
        [gone](docs/gone.md), [there](docs/a.md#what-is-it), [no heading](docs/a.md#what), `[code](x)`
        ```
        [not a link](y)
        ```
        """);
    Files.writeString(folder.resolve("docs/a.md"), "## What is `it`?\n[up](../README.md#one)\n");
    assertEquals(
        List.of(
            "README.md:2: docs/gone.md is not there",
            "README.md:2: docs/a.md has no heading 'what'"),
        dead(folder));
  }

  private static List<String> dead(Path repository) throws IOException {
    Pages pages = new Pages(repository);
    List<String> dead = new ArrayList<>();
    for (String page : pages.names()) {
      List<String> lines = withoutBlocks(pages.text(page));
      for (int i = 0; i < lines.size(); i++) {
        Matcher link = LINK.matcher(CODE.matcher(lines.get(i)).replaceAll(""));
        while (link.find()) {
          String place = page + ":" + (i + 1) + ": ";
          problem(repository, page, link.group(1)).forEach(what -> dead.add(place + what));
        }
      }
    }
    return dead;
  }

  private static List<String> problem(Path repository, String page, String link)
      throws IOException {
    if (link.matches("[a-z]+:.*")) {
      return List.of();
    }
    String[] parts = link.split("#", 2);
    Path own = repository.resolve(page);
    Path target = parts[0].isEmpty() ? own : own.resolveSibling(parts[0]).normalize();
    if (!Files.exists(target)) {
      return List.of(repository.relativize(target) + " is not there");
    }
    if (parts.length == 2 && !anchors(Files.readString(target)).contains(parts[1])) {
      return List.of("%s has no heading '%s'".formatted(repository.relativize(target), parts[1]));
    }
    return List.of();
  }

  /** Anchors of a page's headings, as GitHub and the site make them. */
  private static Set<String> anchors(String markdown) {
    Set<String> anchors = new LinkedHashSet<>();
    for (String line : withoutBlocks(markdown)) {
      Matcher heading = HEADING.matcher(line);
      if (heading.matches()) {
        anchors.add(
            heading
                .group(1)
                .toLowerCase(Locale.ROOT)
                .replaceAll("[^\\p{L}\\p{N}_ -]", "")
                .replace(' ', '-'));
      }
    }
    return anchors;
  }

  /** The lines, with blank ones in place of blocks of code. */
  private static List<String> withoutBlocks(String markdown) {
    List<String> lines = new ArrayList<>();
    boolean inside = false;
    for (String line : markdown.lines().toList()) {
      boolean fence = line.startsWith("```");
      inside ^= fence;
      lines.add(inside || fence ? "" : line);
    }
    return lines;
  }
}
