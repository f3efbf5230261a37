package io.lockstep.cli.console;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.data.plan.Pace;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ProgressTest {

  private final AtomicLong nanos = new AtomicLong();
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);

  @Test
  void whereNobodyWatchesWholeLinesComeEveryTenSeconds() {
    try (Progress progress = progress(false)) {
      for (int second = 1; second <= 25; second++) {
        nanos.addAndGet(Duration.ofSeconds(1).toNanos());
        progress.update(second, "loss 1.5");
      }
    }
    List<String> lines = written().lines().toList();
    assertEquals(3, lines.size());
    assertEquals("training 10/100  loss 1.5  16.0 samples/s  ETA 1:30", lines.get(0));
    assertEquals("training 20/100  loss 1.5  16.0 samples/s  ETA 1:20", lines.get(1));
    assertEquals("training 25/100  loss 1.5  16.0 samples/s  ETA 1:15", lines.get(2));
  }

  @Test
  void theRemainingTimeIsShownWithItsSpread() {
    try (Progress progress = progress(false)) {
      nanos.addAndGet(Duration.ofSeconds(10).toNanos());
      progress.update(10, 0.5, Optional.of(new Pace.Remaining(242, 230.5, 259.2)), "");
    }
    assertEquals("training 10/100  8.0 samples/s  ETA 4:02 (3:50 to 4:20)\n", written());
  }

  @Test
  void onATerminalABarIsRedrawnInPlace() {
    try (Progress progress = progress(true)) {
      nanos.addAndGet(Duration.ofSeconds(1).toNanos());
      progress.update(50, "");
    }
    String written = written();
    assertTrue(written.contains("\rtraining [████████████············] 50/100"), written);
    assertEquals(
        written.length() - 1, written.indexOf('\n'), "only the end of the work ends the line");
  }

  /** Answers to requests come on threads of their own. */
  @Test
  void severalThreadsMayTellOfTheSameWork() throws Exception {
    int threads = 8;
    int updates = 5000;
    AtomicLong done = new AtomicLong();
    try (Progress progress =
            new Progress(
                "pictures", (long) threads * updates, "pictures", 1, out, false, System::nanoTime);
        ExecutorService told = Executors.newFixedThreadPool(threads)) {
      List<Future<?>> running = new ArrayList<>();
      for (int thread = 0; thread < threads; thread++) {
        running.add(
            told.submit(() -> {
              for (int i = 0; i < updates; i++) {
                progress.update(done.incrementAndGet(), "");
              }
            }));
      }
      for (Future<?> each : running) {
        each.get();
      }
    }
    assertTrue(written().startsWith("pictures "), this::written);
  }

  @Test
  void nothingIsPrintedForWorkThatNeverBegan() {
    progress(true).close();
    assertEquals("", written());
  }

  @Test
  void hoursAreShownOnlyWhenThereAreAny() {
    assertEquals("0:05", Clock.text(5));
    assertEquals("59:59", Clock.text(3599));
    assertEquals("2:00:01", Clock.text(7201));
  }

  private Progress progress(boolean interactive) {
    return new Progress("training", 100, "samples", 16, out, interactive, nanos::get);
  }

  private String written() {
    return bytes.toString(StandardCharsets.UTF_8);
  }
}
