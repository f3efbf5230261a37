package io.lockstep.cli.train;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.lockstep.coordinator.journal.RunJournal;
import io.lockstep.data.file.FileWrites;
import io.lockstep.worker.config.RunConfig;
import io.lockstep.worker.config.RunRecords;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.SortedMap;

/**
 * Which samples of a run were longer than {@code global_max_length} and gave way to others: {@code
 * over_length.json} in its folder. It is made of the committed steps, hence the same on any number
 * of workers.
 */
public final class OverLengthReport {

  private static final String FILE_NAME = "over_length.json";
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int SHOWN = 3;

  private OverLengthReport() {}

  /** Writes the report of a run that has ended; an earlier one is replaced. */
  public static void write(RunConfig run, Path runFolder) throws IOException {
    SortedMap<Long, Long> replaced = RunJournal.replaced(runFolder);
    RunRecords records = RunRecords.read(run);
    Path partial = runFolder.resolve("." + FILE_NAME + ".partial");
    try (JsonGenerator json =
        new JsonFactory().createGenerator(FileWrites.stream(partial)).useDefaultPrettyPrinter()) {
      json.writeStartObject();
      json.writeNumberField("global_max_length", run.maxLength());
      json.writeStringField("truncation_strategy", "raise");
      json.writeNumberField(
          "dropped_draws", replaced.values().stream().mapToLong(Long::longValue).sum());
      json.writeNumberField("dropped_samples", replaced.size());
      json.writeArrayFieldStart("samples");
      for (Map.Entry<Long, Long> entry : replaced.entrySet()) {
        RunRecords.Place place = records.place(entry.getKey());
        json.writeStartObject();
        json.writeNumberField("id", entry.getKey());
        json.writeStringField("dataset", place.dataset());
        json.writeStringField("record", place.place());
        json.writeNumberField("times", entry.getValue());
        json.writeEndObject();
      }
      json.writeEndArray();
      json.writeEndObject();
    }
    Files.move(partial, runFolder.resolve(FILE_NAME), StandardCopyOption.ATOMIC_MOVE);
  }

  /** The report in words for the end of a run; empty if no sample was too long. */
  public static String summary(Path runFolder) throws IOException {
    Path file = runFolder.resolve(FILE_NAME);
    if (!Files.exists(file)) {
      return "";
    }
    JsonNode report = JSON.readTree(file.toFile());
    long samples = report.path("dropped_samples").asLong();
    if (samples == 0) {
      return "";
    }
    StringBuilder first = new StringBuilder();
    for (int i = 0; i < Math.min(SHOWN, samples); i++) {
      first.append(i == 0 ? "" : ", ");
      first.append(report.path("samples").path(i).path("record").asText());
    }
    return "over-length: %d samples of more than %d tokens were dropped and replaced in %d draws: %s%s; all of them are in %s%n"
        .formatted(
            samples,
            report.path("global_max_length").asInt(),
            report.path("dropped_draws").asLong(),
            first,
            samples > SHOWN ? ", ..." : "",
            file);
  }
}
