package io.lockstep.cli.quickstart;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.lockstep.cli.report.RunReport;
import io.lockstep.cli.stage.StageB;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Reads what Stage-B wrote. */
final class Verdicts {

  private static final ObjectMapper JSON = new ObjectMapper();

  private Verdicts() {}

  /** Verdicts first, then answers that were none. */
  static List<RunReport.Verdict> read(Path stageB) throws IOException {
    List<RunReport.Verdict> verdicts = new ArrayList<>();
    for (String line : Files.readAllLines(stageB.resolve(StageB.SELECTIONS))) {
      JsonNode node = JSON.readTree(line);
      String verdict = node.path("verdict").asText();
      verdicts.add(
          verdict(
              node,
              verdict.equals(node.path("label").asText()),
              verdict + "\n" + node.path("reason").asText()));
    }
    for (String line : Files.readAllLines(stageB.resolve(StageB.MALFORMED))) {
      JsonNode node = JSON.readTree(line);
      verdicts.add(
          verdict(node, false, node.path("problem").asText() + "\n" + node.path("raw").asText()));
    }
    return verdicts;
  }

  private static RunReport.Verdict verdict(JsonNode node, boolean right, String answer) {
    return new RunReport.Verdict(
        node.path("group_id").asText(), node.path("label").asText(), right, answer);
  }
}
