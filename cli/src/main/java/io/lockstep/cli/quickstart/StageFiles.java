package io.lockstep.cli.quickstart;

import io.lockstep.cli.console.JsonLine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Answers of the gateway as JSONL. */
final class StageFiles {

  private StageFiles() {}

  static void writeStageA(Path file, HeldOut heldOut, List<String> summaries) throws IOException {
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < summaries.size(); i++) {
      lines.add(
          new JsonLine()
              .put("image", heldOut.pictures().get(i).toString())
              .put("summary", summaries.get(i))
              .put("truth", heldOut.summaries().get(i))
              .toString());
    }
    Files.write(file, lines);
  }

  static void writeStageB(Path file, List<Results.Verdict> verdicts) throws IOException {
    List<String> lines = new ArrayList<>();
    for (Results.Verdict verdict : verdicts) {
      lines.add(
          new JsonLine()
              .put("group_id", verdict.group())
              .put("label", verdict.label())
              .put("right", verdict.right())
              .put("answer", verdict.answer())
              .toString());
    }
    Files.write(file, lines);
  }
}
