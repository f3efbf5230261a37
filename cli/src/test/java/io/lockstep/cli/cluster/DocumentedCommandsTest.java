package io.lockstep.cli.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.lockstep.cli.docs.CommandCheck;
import io.lockstep.cli.docs.CommandTable;
import io.lockstep.cli.docs.PageCommand;
import io.lockstep.cli.docs.Pages;
import io.lockstep.cli.docs.ShellSession;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every command that a page shows does what it is shown for: it is run in a folder with what a
 * reader has, or at least understood by the program; {@code docs/commands.yaml} says which and why.
 * {@code -Pdocs} runs those, too, that take minutes; {@code -Ddocs.page=docs/data.md} runs those of
 * one page.
 */
class DocumentedCommandsTest {

  private static final Path REPOSITORY = Path.of("..").toAbsolutePath().normalize();
  private static final Pages PAGES = new Pages(REPOSITORY);
  private static final boolean HEAVY = Boolean.getBoolean("docs.heavy");

  /** The page to run alone, or the beginning of several. */
  private static final String ONLY = System.getProperty("docs.page", "");

  private static final int MOST_SECONDS = HEAVY ? 3600 : 400;

  @TempDir private static Path folder;
  private static ReadersDesk desk;
  private static CommandTable table;

  @BeforeAll
  static void prepare() throws IOException, InterruptedException {
    table = CommandTable.read();
    desk = ReadersDesk.create(folder.resolve("desk"), REPOSITORY);
  }

  @AfterAll
  static void clearUp() throws IOException {
    desk.close();
  }

  static List<String> pages() throws IOException {
    return PAGES.names();
  }

  static List<String> pagesThatRun() throws IOException {
    List<String> running = new ArrayList<>();
    for (String page : pages()) {
      if (page.startsWith(ONLY)
          && ShellSession.runsAny(PAGES.commands(page), CommandTable.read(), HEAVY)) {
        running.add(page);
      }
    }
    return running;
  }

  @ParameterizedTest
  @MethodSource("pages")
  void everyCommandIsUnderstood(String page) throws IOException {
    List<String> problems =
        new ArrayList<>(
            new CommandCheck(REPOSITORY, desk.folder(), table).problems(PAGES.commands(page)));
    problems.addAll(CommandCheck.mentioned(page, PAGES.text(page)));
    assertEquals("", String.join("\n", problems));
  }

  @ParameterizedTest
  @MethodSource("pagesThatRun")
  void commandsSucceed(String page) throws IOException, InterruptedException {
    try (ReadersDesk copy = desk.copyTo(folder.resolve(page.replace('/', '-')))) {
      new ShellSession(copy.folder(), Map.of("JAVA_HOME", System.getProperty("java.home")))
          .run(PAGES.commands(page), table, HEAVY, MOST_SECONDS);
    }
  }

  @Test
  void everyExceptionStandsForACommandAndHasAReason() throws IOException {
    List<PageCommand> commands = new ArrayList<>();
    for (String page : pages()) {
      commands.addAll(PAGES.commands(page));
    }
    assertFalse(commands.isEmpty());
    assertEquals(List.of(), table.idle(commands));
  }
}
