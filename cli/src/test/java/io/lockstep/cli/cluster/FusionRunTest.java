package io.lockstep.cli.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.lockstep.cli.run.RunFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Several datasets in one run, through real processes. */
class FusionRunTest {

  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private static Path folder;
  private static TinyRun tiny;

  @BeforeAll
  static void makeDataAndModel() throws IOException {
    tiny = TinyRun.create(folder);
    StringBuilder talk = new StringBuilder();
    for (int i = 0; i < 12; i++) {
      String answer = i % 4 == 3 ? "word ".repeat(300) : "answer " + i;
      talk.append(
          """
          {"messages": [{"role": "user", "content": "question %d"}, {"role": "assistant", "content": "%s"}]}
          """
              .formatted(i, answer.strip()));
    }
    Files.writeString(folder.resolve("talk.jsonl"), talk);
  }

  @Test
  void whatIsSaidOfEachDatasetIsTheSameOnAnyNumberOfWorkersAndThreads() throws Exception {
    String alone = train("one", 1, 1);
    String together = train("two", 2, 3);
    assertEquals(alone, together);
    String recipe = folder.resolve("one.yaml").toString();
    String valid = Launched.run(folder, "validate", "--config", recipe).succeeded().lastLine();
    assertTrue(valid.endsWith(": OK"), valid);
    List<Map<String, JsonNode>> rows = figures("one");
    assertEquals(rows, figures("two"));
    assertEquals(3, rows.size());
    for (String key : List.of("site_loss", "site_token_acc", "talk_loss", "talk_token_acc")) {
      assertTrue(rows.getFirst().containsKey(key), rows::toString);
    }
    assertEquals(Files.readString(report("one")), Files.readString(report("two")));
    JsonNode report = JSON.readTree(report("one").toFile());
    assertTrue(report.get("dropped_samples").intValue() > 0, report::toString);
    for (JsonNode sample : report.get("samples")) {
      assertEquals("talk", sample.get("dataset").asText());
      assertTrue(
          sample.get("record").asText().matches(".*talk\\.jsonl:(4|8|12)"), sample::toString);
    }
  }

  private static Path report(String run) {
    return folder.resolve(run).resolve("over_length.json");
  }

  /** Lines of the log without times and sizes. */
  private static List<Map<String, JsonNode>> figures(String run) throws IOException {
    List<Map<String, JsonNode>> rows = new ArrayList<>();
    for (String line : Files.readAllLines(new RunFolder(folder.resolve(run)).metrics())) {
      Map<String, JsonNode> row = new TreeMap<>();
      JSON.readTree(line)
          .properties()
          .forEach(field -> {
            if (!field.getKey().matches(".*(seconds|bytes|per_second|passes|world)")) {
              row.put(field.getKey(), field.getValue());
            }
          });
      rows.add(row);
    }
    return rows;
  }

  private static String train(String out, int workers, int threads) throws Exception {
    Path recipe =
        Files.writeString(
            folder.resolve(out + ".yaml"),
            """
            global_max_length: 400
            model: {model: %s, weights: initialise}
            data:
              dataloader_num_workers: %d
              fusion:
                targets: [{name: site, train_jsonl: %s, template: target_summary}]
                sources: [{name: talk, train_jsonl: talk.jsonl, template: chatml, ratio: 0.4}]
            training: {run_name: fused, seed: 7, max_steps: 6, per_device_train_batch_size: 8, gradient_accumulation_steps: 1, logging_steps: 2, learning_rate: 0.001}
            tuner: {train_type: full, freeze_vit: false, freeze_aligner: false}
            """
                .formatted(folder.resolve("model"), threads, tiny.data().resolve("train.jsonl")));
    return Launched.train(folder, recipe, workers, out).succeeded().lastLine();
  }
}
