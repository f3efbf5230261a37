package io.lockstep.model.profile;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.lockstep.data.file.FileWrites;
import io.lockstep.tensor.Span;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Writes recordings in the form that chrome://tracing and Perfetto show. Each thread is a row;
 * libtorch's operators have one of their own below that of the thread that calls them. Times are
 * microseconds since midnight (UTC) of the day on which the process began to record, so that files
 * of several processes can be laid beside each other.
 */
final class ChromeTrace {

  private static final double MICROS = 1e3;
  private static final JsonFactory JSON = new JsonFactory();

  private final JsonGenerator json;
  private final int process;
  private final Map<String, Integer> threads = new LinkedHashMap<>();
  private final long midnight;

  private ChromeTrace(JsonGenerator json, int process) {
    this.json = json;
    this.process = process;
    long now = TimeUnit.MILLISECONDS.toNanos(System.currentTimeMillis());
    midnight = System.nanoTime() - now % TimeUnit.DAYS.toNanos(1);
  }

  /**
   * Writes a file, whose folder is there.
   *
   * @param name of the process, for people
   * @param process its number among those whose files are laid beside each other
   */
  static void write(Path file, Recording.Result result, String name, int process)
      throws IOException {
    try (JsonGenerator json = JSON.createGenerator(FileWrites.writer(file))) {
      new ChromeTrace(json, process).write(result, name);
    }
  }

  private void write(Recording.Result result, String name) throws IOException {
    json.writeStartObject();
    json.writeStringField("displayTimeUnit", "ms");
    json.writeObjectFieldStart("otherData");
    json.writeNumberField("dropped_events", result.dropped());
    json.writeEndObject();
    json.writeArrayFieldStart("traceEvents");
    meta("process_name", 0, name);
    // Rows are shown in the order of their numbers: first the thread that computes.
    int computing = thread(result.thread());
    int libtorch = thread(result.thread() + ": libtorch");
    for (Span span : result.spans()) {
      begin(span.name(), span.kind().name().toLowerCase(Locale.ROOT), span.begin(), span.end());
      json.writeNumberField(
          "tid", span.thread().equals(result.thread()) ? computing : thread(span.thread()));
      json.writeObjectFieldStart("args");
      json.writeNumberField("step", span.step());
      if (span.bytes() > 0) {
        json.writeNumberField("bytes", span.bytes());
      }
      json.writeEndObject();
      json.writeEndObject();
    }
    for (TorchOperator operator : result.operators()) {
      begin(operator.name(), "operator", operator.begin(), operator.end());
      json.writeNumberField("tid", libtorch);
      json.writeObjectFieldStart("args");
      json.writeNumberField("elements", operator.elements());
      json.writeEndObject();
      json.writeEndObject();
    }
    for (Map.Entry<String, Integer> thread : threads.entrySet()) {
      meta("thread_name", thread.getValue(), thread.getKey());
    }
    json.writeEndArray();
    json.writeEndObject();
  }

  private int thread(String name) {
    return threads.computeIfAbsent(name, _ -> threads.size() + 1);
  }

  private void begin(String name, String category, long begin, long end) throws IOException {
    json.writeStartObject();
    json.writeStringField("ph", "X");
    json.writeStringField("name", name);
    json.writeStringField("cat", category);
    json.writeNumberField("ts", (begin - midnight) / MICROS);
    json.writeNumberField("dur", (end - begin) / MICROS);
    json.writeNumberField("pid", process);
  }

  private void meta(String what, int thread, String name) throws IOException {
    json.writeStartObject();
    json.writeStringField("ph", "M");
    json.writeStringField("name", what);
    json.writeNumberField("pid", process);
    json.writeNumberField("tid", thread);
    json.writeObjectFieldStart("args");
    json.writeStringField("name", name);
    json.writeEndObject();
    json.writeEndObject();
  }
}
