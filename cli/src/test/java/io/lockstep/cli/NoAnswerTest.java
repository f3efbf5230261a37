package io.lockstep.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.lockstep.datatools.demo.DemoData;
import io.lockstep.datatools.demo.DemoOptions;
import io.lockstep.datatools.demo.DemoStyle;
import io.lockstep.gateway.GatewayOptions;
import io.lockstep.gateway.GatewayServer;
import io.lockstep.gateway.ModelSource;
import io.lockstep.model.testing.GoldenFamily;
import io.lockstep.model.testing.Goldens;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A model that ends every answer at once: all of it is counted and told, and the command fails. */
class NoAnswerTest {

  private static final int VOCABULARY = 704;
  private static final String FIGURES =
      " [1-9]\\d* prompt tokens, 0 new tokens, first token .* with probability 0\\.\\d+";

  @TempDir private static Path folder;
  private static Path model;

  @BeforeAll
  static void makeModel() throws IOException {
    model = Files.createDirectory(folder.resolve("model"));
    try (Stream<Path> files = Files.list(GoldenFamily.QWEN3_VL.checkpoint())) {
      for (Path file : files.toList()) {
        Files.copy(file, model.resolve(file.getFileName()));
      }
    }
    Files.writeString(
        model.resolve("generation_config.json"),
        "{\"eos_token_id\": %s, \"pad_token_id\": 685}"
            .formatted(IntStream.range(0, VOCABULARY).boxed().toList()));
  }

  @Test
  void evalGoesThroughAllRecordsOfAllBudgetsAndFails() throws IOException {
    DemoData.generate(
        folder.resolve("data"),
        DemoOptions.of(3, 5, DemoStyle.PLAIN).withTexts(0).withHeldout(3).withThreads(1));
    Path data = folder.resolve("data").resolve("train.jsonl");
    int records = Files.readAllLines(data).size();
    assertTrue(records > 1);
    Path out = folder.resolve("sweep");
    Said said =
        Said.by(
            "eval",
            "--model",
            model.toString(),
            "--data",
            data.toString(),
            "--batch",
            "1",
            "--sweep-token-budget",
            "1.0,0.5",
            "--out",
            out.toString(),
            "--json");

    assertEquals(1, said.exit(), said.err());
    String all = records + " of " + records;
    assertTrue(
        said.err().contains(all + " at token budget 1.0, " + all + " at token budget 0.5"),
        said.err());
    List<String> told =
        said.out().lines().filter(line -> line.startsWith("no answer at budget")).toList();
    assertEquals(2 * records, told.size(), said.out());
    assertTrue(told.getFirst().matches(".*train\\.jsonl:\\d+:" + FIGURES), told.getFirst());
    JsonNode line = said.json();
    assertEquals("[%1$d,%1$d]".formatted(records), line.get("no_answer").toString());
    assertEquals("[null,null]", line.get("summary_exact_match").toString());
    assertTrue(Files.exists(out.resolve("token-budget.png")));
  }

  @Test
  void stageAGoesThroughAllPicturesAndFails() throws IOException {
    Path input = folder.resolve("inspection");
    for (String group : List.of("G1", "G2")) {
      Path pictures = Files.createDirectories(input.resolve("m").resolve("审核通过").resolve(group));
      Files.copy(Goldens.image("img0.png"), pictures.resolve("1.png"));
    }
    Path out = folder.resolve("a");
    Said said = served("stage-a", "--input", input.toString(), "--out", out.toString());

    assertEquals(1, said.exit(), said.err());
    assertTrue(said.err().contains("2 of 2 pictures have no answer"), said.err());
    assertTrue(said.err().contains("m/审核通过/G1, m/审核通过/G2"), said.err());
    List<String> told = said.out().lines().filter(line -> line.startsWith("no answer: ")).toList();
    assertEquals(2, told.size(), said.out());
    assertTrue(told.getLast().matches(".*G2/1\\.png:" + FIGURES + ".*"), told.getLast());
    assertEquals(0, Files.size(out.resolve("m.jsonl")));
  }

  @Test
  void captionGoesThroughAllPicturesAndFails() throws IOException {
    Path pictures = Files.createDirectories(folder.resolve("pictures"));
    Files.copy(Goldens.image("img0.png"), pictures.resolve("1.png"));
    Files.copy(Goldens.image("img0.png"), pictures.resolve("2.png"));
    Path out = folder.resolve("captions.jsonl");
    Said said =
        served("caption", "--input", pictures.toString(), "--out", out.toString(), "--json");

    assertEquals(1, said.exit(), said.err());
    assertTrue(said.err().contains("2 of 2 pictures have no answer, the first: "), said.err());
    assertEquals(2, said.json().get("no_answer").intValue());
    assertEquals(2, Files.readAllLines(out).size());
  }

  @Test
  void stageBGoesThroughAllGroupsAndFails() throws IOException {
    Path stageA = folder.resolve("m.jsonl");
    String group =
        "{\"group_id\":\"%s\",\"mission\":\"m\",\"label\":\"pass\",\"images\":[\"a\"],\"per_image\":{\"image_1\":\"s\"}}";
    Files.write(stageA, List.of(group.formatted("G1"), group.formatted("G2")));
    Path out = folder.resolve("b");
    Said said =
        served("stage-b", "--stage-a", stageA.toString(), "--out", out.toString(), "--json");

    assertEquals(1, said.exit(), said.err());
    assertTrue(said.err().contains("2 of 2 groups have no answer, the first: "), said.err());
    List<String> told = said.out().lines().filter(line -> line.startsWith("no answer: ")).toList();
    assertEquals(2, told.size(), said.out());
    assertTrue(told.getLast().matches(".*group G2:" + FIGURES + ".*"), told.getLast());
    assertTrue(said.out().contains("accuracy: - (0 of 2 groups;"), said.out());
    JsonNode line = said.json();
    assertTrue(line.get("stage_b_accuracy").isNull());
    assertEquals(2, line.get("no_answer").intValue());
    assertEquals(2, Files.readAllLines(out.resolve("failure_malformed.jsonl")).size());
  }

  @Test
  void theVerdictLoopGoesThroughAllTicketsAndItsReportsAreRebuilt() throws IOException {
    Path loop = Files.createDirectories(folder.resolve("loop"));
    Files.writeString(loop.resolve("domain.yaml"), "{name: d, rules: r}");
    Files.writeString(
        loop.resolve("m.yaml"), "{mission: m, items: [{key: S1, text: s}, {key: G0, text: g}]}");
    Files.writeString(
        loop.resolve("stage_b.yaml"),
        """
        output: runs
        domain: domain.yaml
        missions: [{guidance: m.yaml, stage_a: a.jsonl}]
        rollout: {grid: [{max_new_tokens: 8}]}
        epochs: 1
        trial: {validation_share: 0.5}
        """);
    String group =
        "{\"group_id\":\"%s\",\"mission\":\"m\",\"label\":\"pass\",\"images\":[\"a\"],\"per_image\":{\"image_1\":\"s\"}}";
    Files.write(loop.resolve("a.jsonl"), List.of(group.formatted("G1"), group.formatted("G2")));
    String[] named = {"--config", loop.resolve("stage_b.yaml").toString(), "--run-name", "r1"};

    Said said = served(List.of("stage-b", "run"), named);
    assertEquals(0, said.exit(), said.err());
    assertTrue(
        said.out()
            .contains(
                "m: accuracy 0.0000 (2 tickets; 0 false passes, 0 false fails, 2 malformed; 0 in review; 2 items; 2 questions)"),
        said.out());
    Path run = loop.resolve("runs").resolve("m").resolve("r1");
    String report = Files.readString(run.resolve("group_report.jsonl"));
    assertTrue(report.contains("\"ticket_key\":\"G1::pass\""), report);
    Files.delete(run.resolve("group_report.jsonl"));

    Said rebuilt = Said.by("stage-b", "report", "--run", run.toString());
    assertEquals(0, rebuilt.exit(), rebuilt.err());
    assertEquals(report, Files.readString(run.resolve("group_report.jsonl")));

    Said explained = served(List.of("stage-b", "explain"), named);
    assertEquals(0, explained.exit(), explained.err());
    assertTrue(explained.out().contains("[G0] g: 0 right because of it, 0 wrong"), explained.out());
    assertTrue(
        Said.by("stage-b", "schema", "--artifact", "selections.jsonl")
            .out()
            .contains("vote_strength"));
  }

  /** What a command says that asks a gateway of this model. */
  private Said served(String command, String... options) throws IOException {
    return served(List.of(command), options);
  }

  private Said served(List<String> command, String... options) throws IOException {
    try (GatewayServer gateway =
        GatewayServer.start(GatewayOptions.of(new ModelSource.Folder(model)), 1)) {
      List<String> arguments = new ArrayList<>(command);
      arguments.addAll(List.of("--gateway", "127.0.0.1:" + gateway.port()));
      arguments.addAll(List.of(options));
      return Said.by(arguments.toArray(String[]::new));
    }
  }
}
