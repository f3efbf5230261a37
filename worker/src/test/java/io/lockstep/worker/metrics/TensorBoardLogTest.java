package io.lockstep.worker.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.lockstep.worker.loader.DatasetLabel;
import io.lockstep.worker.protocol.Counts;
import io.lockstep.worker.protocol.Directive;
import io.lockstep.worker.protocol.Session.TermSum;
import io.lockstep.worker.testing.EventFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TensorBoardLogTest {

  private static final InstantSource CLOCK =
      InstantSource.fixed(Instant.ofEpochMilli(1_700_000_000_250L));
  private static final List<DatasetLabel> LABELS =
      List.of(new DatasetLabel("site", true), new DatasetLabel("coco", false));

  @TempDir private Path run = Path.of("");

  private Path folder() {
    return run.resolve(TensorBoardLog.FOLDER);
  }

  @Test
  void aFileHasItsVersionItsFirstStepAndFigures() throws IOException {
    try (TensorBoardLog log = TensorBoardLog.of(run, CLOCK)) {
      log.begin(0);
      log.write(300, Map.of("eval/loss", 0.5, "eval/token_accuracy", 0.25));
    }
    Path file = folder().resolve("events.out.tfevents.1700000000.lockstep");
    assertEquals(List.of(file), EventFiles.in(folder()));
    double now = 1_700_000_000.25;
    assertEquals(
        List.of(
            new EventFiles.Event(now, 0, "brain.Event:2", false, Map.of()),
            new EventFiles.Event(now, 1, "", true, Map.of()),
            new EventFiles.Event(
                now, 300, "", false, Map.of("eval/loss", 0.5f, "eval/token_accuracy", 0.25f))),
        EventFiles.read(file));
  }

  @Test
  void processesThatBeginAtTheSameMomentHaveFilesOfTheirOwn() throws Exception {
    int processes = 8;
    CyclicBarrier together = new CyclicBarrier(processes);
    try (ExecutorService threads = Executors.newFixedThreadPool(processes)) {
      List<Callable<Boolean>> all =
          Collections.nCopies(
              processes,
              () -> {
                try (TensorBoardLog log = TensorBoardLog.of(run, CLOCK)) {
                  together.await();
                  log.begin(0);
                  return true;
                }
              });
      for (Future<Boolean> each : threads.invokeAll(all)) {
        assertTrue(each.get());
      }
    }
    assertEquals(processes, EventFiles.in(folder()).size());
  }

  @Test
  void aRunThatGoesOnBeginsAFileThatVoidsWhatIsComputedAgain() throws IOException {
    try (TensorBoardLog log = TensorBoardLog.of(run, CLOCK)) {
      log.begin(0);
      for (long step = 1; step <= 4; step++) {
        log.write(step, Map.of("train/loss", (double) step));
      }
      log.begin(2);
      log.write(3, Map.of("train/loss", 30.0));
    }
    // Another process, in the same second.
    try (TensorBoardLog log = TensorBoardLog.of(run, CLOCK)) {
      log.begin(3);
      log.write(4, Map.of("train/loss", 40.0));
    }
    assertEquals(
        List.of(
            "events.out.tfevents.1700000000.lockstep",
            "events.out.tfevents.1700000001.lockstep",
            "events.out.tfevents.1700000002.lockstep"),
        EventFiles.in(folder()).stream().map(file -> file.getFileName().toString()).toList());
    assertEquals(
        Map.of(1L, 1f, 2L, 2f, 3L, 30f, 4L, 40f), EventFiles.shown(folder(), "train/loss"));
  }

  @Test
  void whatALineSaysHasTheUsersNames() throws IOException {
    try (TensorBoardLog log = TensorBoardLog.of(run, CLOCK)) {
      log.begin(0);
      log.write(line(2, 10, 5), commit(), LABELS);
      log.write(line(0, 0, 6), commit(), LABELS);
    }
    List<EventFiles.Event> events = EventFiles.read(EventFiles.in(folder()).getFirst());
    assertEquals(
        Map.ofEntries(
            Map.entry("train/loss", 1.5f),
            Map.entry("train/token_accuracy", 0.75f),
            Map.entry("train/token_count", 8f),
            Map.entry("train/grad_norm", 3f),
            Map.entry("train/learning_rate", 0.5f),
            Map.entry("train/epoch", 0.25f),
            Map.entry("train/kl_loss", 0.125f),
            Map.entry("train/tokens_per_second", 4f),
            Map.entry("train/samples_per_second", 2f),
            Map.entry("train/resident_bytes", 10f),
            Map.entry("train/padding_share", 0.125f),
            Map.entry("train/dropped_too_long", 3f),
            Map.entry("train/dropped_unreadable", 0f),
            Map.entry("aug/hflip_applied", 5f),
            Map.entry("site_loss", 6f),
            Map.entry("site_token_acc", 0.5f),
            Map.entry("site_desc_token_acc", 0.25f),
            Map.entry("site_format_token_acc", 1f)),
        events.get(2).scalars());
    Map<String, Float> unknown = events.get(3).scalars();
    assertFalse(unknown.containsKey("train/tokens_per_second"), unknown::toString);
    assertFalse(unknown.containsKey("train/resident_bytes"), unknown::toString);
    assertFalse(unknown.containsKey("train/padding_share"), unknown::toString);
  }

  private static JsonNode line(double seconds, long resident, long step) throws IOException {
    return new ObjectMapper()
        .readTree(
            """
            {"step": %d, "epoch": 0.25, "loss": 1.5, "token_acc": 0.75, "grad_norm": 3, "learning_rate": 0.5,
             "tokens": 8, "samples_per_second": 2, "step_seconds": %f, "resident_bytes": %d, "kl_loss": 0.125,
             "site_loss": 6, "site_token_acc": 0.5, "site_desc_token_acc": 0.25, "site_coord_token_acc": null,
             "site_format_token_acc": 1, "padding_share": %s, "dropped_too_long": 3, "dropped_unreadable": 0,
             "aug/hflip_applied": 5, "coco_loss": null, "coco_token_acc": null}
            """
                .formatted(step, seconds, resident, seconds == 0 ? "null" : "0.125"));
  }

  private static Directive.Commit commit() {
    return new Directive.Commit(
        1, 4, 8, 12, 6, 3, 0, List.of(), List.of(new TermSum("kl_loss", 1, 8)), Counts.NONE);
  }

  @Test
  void aFileInTheWayOfTheFolderIsNamed() throws IOException {
    Files.writeString(folder(), "");
    try (TensorBoardLog log = TensorBoardLog.of(run, CLOCK)) {
      IOException failure = assertThrows(IOException.class, () -> log.begin(0));
      String message = String.valueOf(failure.getMessage());
      assertTrue(message.startsWith(folder() + " is no folder: move it"), message);
    }
  }
}
