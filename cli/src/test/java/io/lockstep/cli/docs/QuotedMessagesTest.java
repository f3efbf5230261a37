package io.lockstep.cli.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Messages that docs/troubleshooting.md explains are said by the code. */
class QuotedMessagesTest {

  private static final Path REPOSITORY = Path.of("..").toAbsolutePath().normalize();
  private static final Pattern ROW = Pattern.compile("\\| (`[^|]*`) \\|[^|]*\\|[^|]*\\|");
  private static final Pattern QUOTED = Pattern.compile("`([^`]+)`");

  /** Literals that are put together over several lines, and what is filled in. */
  private static final Pattern JOIN = Pattern.compile("\"\\s*\\+\\s*\"");

  private static final int LEAST_QUOTES = 30;

  @Test
  void areThoseOfTheCode() throws IOException {
    String said = messages();
    List<String> unknown = new ArrayList<>();
    int quotes = 0;
    for (String line : Files.readAllLines(REPOSITORY.resolve("docs/troubleshooting.md"))) {
      Matcher row = ROW.matcher(line);
      if (row.matches()) {
        for (String quote : QUOTED.matcher(row.group(1)).results().map(r -> r.group(1)).toList()) {
          quotes++;
          if (!isSaid(said, quote)) {
            unknown.add(quote);
          }
        }
      }
    }
    assertEquals(List.of(), unknown);
    assertTrue(quotes >= LEAST_QUOTES, "only " + quotes + " were found");
    assertTrue(!isSaid(said, "this is said by ... nobody"));
  }

  /** Whether all parts of a message, between what is filled in, are there. */
  private static boolean isSaid(String said, String message) {
    return Stream.of(message.split("\\.\\.\\.", -1)).allMatch(part -> said.contains(part.strip()));
  }

  private static String messages() throws IOException {
    StringBuilder all = new StringBuilder(Files.readString(REPOSITORY.resolve("lockstep")));
    try (Stream<Path> modules = Files.list(REPOSITORY)) {
      for (Path module : modules.sorted().toList()) {
        Path sources = module.resolve("src/main/java");
        if (Files.isDirectory(sources)) {
          try (Stream<Path> files = Files.walk(sources)) {
            for (Path file : files.filter(each -> each.toString().endsWith(".java")).toList()) {
              all.append(JOIN.matcher(Files.readString(file)).replaceAll(""));
            }
          }
        }
      }
    }
    return all.toString();
  }
}
