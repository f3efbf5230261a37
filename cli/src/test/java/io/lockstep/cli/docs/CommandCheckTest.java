package io.lockstep.cli.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Nothing that nobody could type passes for a command. */
class CommandCheckTest {

  private static final Path REPOSITORY = Path.of("..").toAbsolutePath().normalize();

  @TempDir private Path desk;

  private List<String> problems(String block) {
    CommandTable table =
        CommandTable.of(Map.of("programs", Map.of("mvn", "builds", "kubectl", "needs a cluster")));
    return new CommandCheck(REPOSITORY, desk, table)
        .problems(PageCommand.of("a.md", "```sh\n" + block + "\n```\n"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "frobnicate --all                                   | a.md:2: unknown program 'frobnicate'",
        "./lockstep plan --workrs=2                           | a.md:2: Unknown option: '--workrs=2'",
        "./lockstep trian                                    | a.md:2: Unmatched argument at index 0: 'trian'",
        "./lockstep data check --data gone.jsonl             | a.md:2: no such file or folder: gone.jsonl",
        "./lockstep train --config configs/recipes/lora.yaml --workers many | a.md:2: Invalid value for option '--workers'",
        "echo a; bin/worker strat                            | a.md:2: Unmatched argument",
        "tools/gone.sh                                       | a.md:2: no such file or folder: tools/gone.sh",
        "mvn -Pgone package                                  | a.md:2: no profile gone",
        "mvn -Pimages,gone package                           | a.md:2: no profile gone",
        "mvn test -pl gone                                   | a.md:2: no module gone",
        "mvn test -Dtest=GoneTest                            | a.md:2: no such test: -Dtest=GoneTest",
        "kubectl apply -k k8s/overlays/gone                  | a.md:2: no such file or folder: k8s/overlays/gone",
        "kubectl frobnicate                                  | a.md:2: kubectl has no command frobnicate",
        "kubectl scale statefulset gone --replicas=2         | a.md:2: k8s has no statefulset gone",
      })
  void mistakesAreTold(String command, String told) {
    List<String> problems = problems(command);
    assertEquals(1, problems.size(), problems.toString());
    assertTrue(problems.getFirst().startsWith(told), problems.getFirst());
  }

  @Test
  void whatIsRightPasses() {
    assertEquals(
        List.of(),
        problems(
            """
            # A comment.
            A=1 ./lockstep data sample --out my --count 4 --seed 1    # drawn
            ./lockstep data check --data my/train.jsonl && echo 'all; right'
            ./lockstep data show --data my/train.jsonl \\
              --index 0 --out one.png | tail -n 1
            kubectl scale statefulset worker --replicas=4
            mvn -Pimages -DskipTests package
            cat > recipe.yaml <<'END'
            frobnicate: {}
            END
            ./lockstep validate --config recipe.yaml\
            """));
  }

  @Test
  void commandsThatAreOnlyMentionedExist() {
    assertEquals(
        List.of(
            "a.md:1: 'lockstep data check' has no option --dat",
            "a.md:2: there is no command 'lockstep frobnicate'"),
        CommandCheck.mentioned(
            "a.md",
            "`lockstep data check --dat F`, `lockstep plan --workers N`\n`lockstep frobnicate`"));
  }

  @Test
  void commandsOutsideOfBlocksAreRefused() {
    IllegalArgumentException refused =
        assertThrows(
            IllegalArgumentException.class,
            () -> PageCommand.of("a.md", "Call\n\n    ./lockstep quickstart\n"));
    assertTrue(String.valueOf(refused.getMessage()).startsWith("a.md:3: "), refused.toString());
  }

  @Test
  void entriesOfTheTableThatMeanNothingAreTold() {
    CommandTable table =
        CommandTable.of(
            Map.of(
                "programs",
                Map.of("gone", "why"),
                "pages",
                Map.of(
                    "a.md",
                    Map.of(
                        "heavy",
                        Map.of("./lockstep train", "trains", "./lockstep quickstart", " "),
                        "values",
                        Map.of("NAME", "x"),
                        "files",
                        List.of("my/file")))));
    List<PageCommand> commands = PageCommand.of("a.md", "```sh\n./lockstep quickstart\n```\n");
    assertEquals(5, table.idle(commands).size(), table.idle(commands).toString());
  }
}
