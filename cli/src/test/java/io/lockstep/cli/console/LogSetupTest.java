package io.lockstep.cli.console;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.util.LogbackMDCAdapter;
import ch.qos.logback.core.OutputStreamAppender;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LogSetupTest {

  @AfterEach
  void text() {
    System.clearProperty(LogSetup.FORMAT_PROPERTY);
  }

  /** What a logger of a context that is set up says when it warns. */
  private static String warned(LoggerContext context) {
    context.setMDCAdapter(new LogbackMDCAdapter());
    new LogSetup().configure(context);
    Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    var console = (OutputStreamAppender<ILoggingEvent>) root.getAppender("console");
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    console.setOutputStream(out);
    context.putProperty("run", "tiny");
    context
        .getLogger("io.lockstep.cli.Some")
        .warn("left out: {}", "a \"b\".png", new IOException("gone"));
    return out.toString(StandardCharsets.UTF_8);
  }

  @Test
  void anEntryIsAnObjectOnOneLineIfItIsAskedFor() throws IOException {
    System.setProperty(LogSetup.FORMAT_PROPERTY, "json");
    String said = warned(new LoggerContext());
    assertEquals(1, said.lines().count(), said);
    JsonNode entry = new ObjectMapper().readTree(said);
    assertEquals("WARN", entry.get("level").textValue());
    assertEquals("io.lockstep.cli.Some", entry.get("loggerName").textValue());
    assertEquals("left out: a \"b\".png", entry.get("formattedMessage").textValue());
    assertEquals(Thread.currentThread().getName(), entry.get("threadName").textValue());
    assertEquals("tiny", entry.at("/context/properties/run").textValue());
    assertEquals("gone", entry.at("/throwable/message").textValue());
    assertEquals("java.io.IOException", entry.at("/throwable/className").textValue());
    long age = System.currentTimeMillis() - entry.get("timestamp").longValue();
    assertTrue(age >= 0 && age < 600_000, "milliseconds since 1970");
  }

  @Test
  void linesAreTextOtherwise() {
    String said = warned(new LoggerContext());
    assertFalse(said.startsWith("{"), said);
    String first = said.lines().findFirst().orElseThrow();
    assertEquals("WARN  Some: left out: a \"b\".png", first.substring("00:00:00.000 ".length()));
  }

  @Test
  void anUnknownFormatIsNamed() {
    System.setProperty(LogSetup.FORMAT_PROPERTY, "xml");
    assertEquals(
        Optional.of("LOCKSTEP_LOG_FORMAT is 'xml': use text or json"), LogSetup.formatProblem());
    assertEquals(LogSetup.Format.TEXT, LogSetup.format());
    System.setProperty(LogSetup.FORMAT_PROPERTY, "JSON");
    assertEquals(Optional.empty(), LogSetup.formatProblem());
  }
}
