package io.lockstep.cli.console;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;

class ErrorReportTest {

  @Test
  void anErrorIsOneLine() {
    assertEquals(
        "error: a.jsonl:3: is blank; a.jsonl:7: is blank\n",
        printed(new UserError("a.jsonl:3: is blank\na.jsonl:7: is blank"), false));
  }

  @Test
  void aMissingFileIsNamed() {
    assertEquals(
        "error: no such file or folder: run.yaml\n",
        printed(new NoSuchFileException("run.yaml"), false));
  }

  @Test
  void whatIsThereAlreadyIsNamedWithWhatToDo() {
    assertEquals(
        "error: already exists: out\n", printed(new FileAlreadyExistsException("out"), false));
    assertEquals(
        "error: out: is not empty; name a new one\n",
        printed(
            new FileAlreadyExistsException("out", null, "is not empty; name a new one"), false));
  }

  @Test
  void theCauseOfAFailedTaskIsShownInsteadOfItsWrapper() {
    assertEquals(
        "error: disk full\n", printed(new ExecutionException(new UserError("disk full")), false));
  }

  @Test
  void aDefectShowsItsTypeAndHowToLearnMore() {
    assertEquals(
        "error: unexpected java.lang.IndexOutOfBoundsException: 7; --debug shows where\n",
        printed(new IndexOutOfBoundsException("7"), false));
  }

  @Test
  void debugAddsTheStackTrace() {
    assertTrue(printed(new UserError("disk full"), true).contains("at io.lockstep.cli.console"));
  }

  private static String printed(Throwable failure, boolean debug) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    ErrorReport.print(failure, debug, new PrintStream(bytes, true, StandardCharsets.UTF_8));
    return bytes.toString(StandardCharsets.UTF_8);
  }
}
