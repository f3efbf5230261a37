package io.lockstep.cli.process;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogWarningsTest {

  @TempDir private Path folder = Path.of("");

  private Path log() {
    return folder.resolve("worker-0.log");
  }

  private void write(String text) throws IOException {
    Files.writeString(log(), text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
  }

  private static List<String> lines(LogWarnings warnings) throws IOException {
    return warnings.fresh().stream().map(LogWarnings.Warning::line).toList();
  }

  @Test
  void warningsAndErrorsAreToldWithProcessAndRankAsTheyAreWritten() throws IOException {
    LogWarnings warnings = new LogWarnings("worker-0", log());
    assertEquals(List.of(), lines(warnings), "there is no log yet");
    write("12:00:00.000 INFO  Worker: hello\n12:00:00.001 WARN  ProbeChoice: left out: a.png\n");
    assertEquals(List.of("worker-0 WARN ProbeChoice: left out: a.png"), lines(warnings));
    write("12:00:01.000 ERROR [rank 3] PatchSupply: damaged\nerror: said elsewhere\n");
    assertEquals(List.of("worker-0 (rank 3) ERROR PatchSupply: damaged"), lines(warnings));
    assertEquals(List.of(), lines(warnings));
  }

  @Test
  void theFirstWorkerTellsHowItComputes() throws IOException {
    String line = "12:00:00.000 INFO  Worker: computes in bfloat16; attention (sdpa): text math\n";
    LogWarnings first = new LogWarnings("worker-0", log());
    LogWarnings second = new LogWarnings("worker-1", folder.resolve("worker-1.log"));
    write(line);
    Files.writeString(folder.resolve("worker-1.log"), line);
    assertEquals(
        List.of("worker-0 INFO Worker: computes in bfloat16; attention (sdpa): text math"),
        lines(first));
    assertEquals(List.of(), lines(second), "it computes likewise");
  }

  @Test
  void whatAProcessRepeatsIsToldOnce() throws IOException {
    LogWarnings warnings = new LogWarnings("worker-0", log());
    write("12:00:00.001 WARN  [rank 0] A: again\n12:00:00.002 WARN  [rank 0] A: again\n");
    assertEquals(List.of("worker-0 (rank 0) WARN A: again"), lines(warnings));
    write("12:00:00.003 WARN  [rank 1] A: again\n12:00:00.004 WARN  [rank 1] A: other\n");
    assertEquals(List.of("worker-0 (rank 1) WARN A: other"), lines(warnings));
  }

  @Test
  void anExceptionIsNamedAndItsTraceStaysInTheLog() throws IOException {
    LogWarnings warnings = new LogWarnings("coordinator", log());
    write(
        """
        12:00:00.001 ERROR RunLoop: run aborted
        java.io.IOException: the disk is full
        \tat io.lockstep.A.b(A.java:1)
        \tat io.lockstep.C.d(C.java:2)
        12:00:00.002 WARN  A: next
        """);
    assertEquals(
        List.of(
            "coordinator ERROR RunLoop: run aborted: java.io.IOException: the disk is full",
            "coordinator WARN A: next"),
        lines(warnings));
  }

  @Test
  void objectsOfJsonSayTheSame() throws IOException {
    LogWarnings warnings = new LogWarnings("worker-0", log());
    write(
        """
        {"timestamp":1,"level":"INFO","loggerName":"a.Worker","context":{"properties":{}},"formattedMessage":"hello"}
        {"timestamp":2,"level":"WARN","loggerName":"a.b.ProbeChoice","context":{"properties":{}},"formattedMessage":"left out: a.png"}
        {"timestamp":3,"level":"ERROR","loggerName":"a.PatchSupply","context":{"properties":{"run":"r","rank":"3"}},"formattedMessage":"damaged","throwable":{"className":"java.io.IOException","message":"the disk is full"}}
        {"timestamp":4,"level":"WARN","loggerName"
        """);
    assertEquals(
        List.of(
            "worker-0 WARN ProbeChoice: left out: a.png",
            "worker-0 (rank 3) ERROR PatchSupply: damaged: java.io.IOException: the disk is full"),
        lines(warnings));
  }

  @Test
  void whatAnEarlierRunHasWrittenIsNotToldAndHalfALineWaits() throws IOException {
    write("11:00:00.001 WARN  A: of yesterday\n");
    LogWarnings warnings = new LogWarnings("worker-0", log());
    write("12:00:00.001 WARN  A: half");
    assertEquals(List.of(), lines(warnings));
    write(" a line\n");
    assertEquals(List.of("worker-0 WARN A: half a line"), lines(warnings));
    Files.writeString(log(), "12:00:00.001 WARN  B: anew\n");
    assertEquals(List.of("worker-0 WARN B: anew"), lines(warnings));
  }
}
