package io.lockstep.cli.train;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lockstep.coordinator.UnreadableRecord;
import io.lockstep.coordinator.journal.RunJournal;
import io.lockstep.data.file.FileWrites;
import io.lockstep.worker.config.RunConfig;
import io.lockstep.worker.config.RunRecords;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.SortedMap;

/**
 * Which records of a run couldn't be read and gave way to others: {@code unreadable.json} in its
 * folder. It is made of the committed steps, hence the same on any number of workers.
 */
public final class UnreadableReport {

  private static final String FILE_NAME = "unreadable.json";
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int SHOWN = 3;

  private UnreadableReport() {}

  /** Writes the report of a run that has ended; an earlier one is replaced. */
  public static void write(RunConfig run, Path runFolder) throws IOException {
    SortedMap<UnreadableRecord, Long> replaced = RunJournal.unreadable(runFolder);
    ObjectNode report =
        JSON.createObjectNode()
            .put("max_unreadable", run.data().maxUnreadable(RunRecords.read(run).count()));
    report.put("replaced_records", replaced.size());
    ArrayNode records = report.putArray("records");
    replaced.forEach((record, times) ->
        records
            .addObject()
            .put("id", record.sample())
            .put("what", record.what())
            .put("times", times));
    Path partial = runFolder.resolve("." + FILE_NAME + ".partial");
    FileWrites.text(
        partial, JSON.writerWithDefaultPrettyPrinter().writeValueAsString(report) + "\n");
    Files.move(partial, runFolder.resolve(FILE_NAME), StandardCopyOption.ATOMIC_MOVE);
  }

  /** The report in words for the end of a run; empty if every record could be read. */
  public static String summary(Path runFolder) throws IOException {
    Path file = runFolder.resolve(FILE_NAME);
    if (!Files.exists(file)) {
      return "";
    }
    JsonNode records = JSON.readTree(file.toFile()).path("records");
    StringBuilder words = new StringBuilder();
    for (int i = 0; i < Math.min(SHOWN, records.size()); i++) {
      words.append("  ").append(records.path(i).path("what").asText()).append('\n');
    }
    return records.isEmpty()
        ? ""
        : "unreadable: %d records were replaced by others; all of them are in %s%n%s"
            .formatted(records.size(), file, words);
  }
}
