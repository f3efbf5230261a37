package io.lockstep.cli.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** A thread that dies takes its process along. */
class DeadThreadsTest {

  @Test
  void theProcessEndsWithOneLineThatNamesTheThread() throws Exception {
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    AtomicInteger status = new AtomicInteger();
    Thread thread =
        new Thread(
            () -> {
              throw new NoClassDefFoundError("io/lockstep/Gone");
            },
            "run");
    thread.setUncaughtExceptionHandler(
        new DeadThreads(new PrintStream(said, true, StandardCharsets.UTF_8), status::set));

    thread.start();
    thread.join();

    assertEquals(70, status.get());
    String line = said.toString(StandardCharsets.UTF_8);
    assertTrue(line.startsWith("error: thread run died of java.lang.NoClassDefFoundError"), line);
  }
}
