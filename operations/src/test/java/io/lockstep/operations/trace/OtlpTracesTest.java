package io.lockstep.operations.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class OtlpTracesTest {

  private static final TraceContext STEP = TraceContext.of("/runs/a", "step", 2, 7);

  @Test
  void whatTwoProcessesTellOfOneStepIsOneTrace() throws Exception {
    try (Collector collector = Collector.start()) {
      OtlpEndpoint endpoint =
          OtlpEndpoint.of(collector.endpoint() + "/", "Authorization=Bearer%20s3cret", false);
      assertFalse(endpoint.toString().contains("s3cret"));
      try (Traces coordinator = OtlpTraces.to(endpoint, Map.of("service.name", "coordinator"));
          Traces worker = OtlpTraces.to(endpoint, Map.of("service.name", "worker"))) {
        coordinator.begin(STEP, () -> Span.of("step", 1_000, 9_000).with(Map.of("number", 7L)));
        worker.part(
            STEP,
            () ->
                Span.of("rank's step", 2_000, 8_000)
                    .with(List.of(Span.of("reduce", 3_000, 4_000))));
        worker.alone(() -> Span.of("other", 5, 1));
      }
      Collector.Told step = collector.await("step");
      Collector.Told rank = collector.await("rank's step");
      Collector.Told reduce = collector.await("reduce");
      Collector.Told other = collector.await("other");
      assertEquals(STEP.traceId(), step.trace());
      assertEquals(STEP.spanId(), step.id());
      assertEquals("", step.parent());
      assertEquals(Map.of("number", "7"), step.attributes());
      assertEquals(8_000, step.end() - step.begin());
      assertEquals(List.of(step.trace(), step.id()), List.of(rank.trace(), rank.parent()));
      assertEquals(List.of(step.trace(), rank.id()), List.of(reduce.trace(), reduce.parent()));
      assertEquals("worker", reduce.service());
      assertFalse(other.trace().equals(step.trace()));
      assertEquals(other.begin(), other.end(), "never before its beginning");
      assertTrue(collector.authorizations().stream().allMatch("Bearer s3cret"::equals));
    }
  }

  @Test
  void aSpanThatItsCallerDoesNotWantIsNotSent() throws Exception {
    try (Collector collector = Collector.start()) {
      try (Traces gateway =
          OtlpTraces.to(OtlpEndpoint.of(collector.endpoint(), "", false), Map.of())) {
        gateway.part(
            new TraceContext(STEP.traceId(), STEP.spanId(), false), () -> Span.of("no", 0, 1));
        gateway.part(STEP, () -> Span.of("yes", 0, 1));
      }
      collector.await("yes");
      assertEquals(1, collector.told().size());
    }
  }

  @Test
  void aCollectorThatIsAwayCostsSpansAlone() throws Exception {
    String gone;
    try (Collector collector = Collector.start()) {
      gone = collector.endpoint();
    }
    try (Traces traces = OtlpTraces.to(OtlpEndpoint.of(gone, "", false), Map.of())) {
      traces.alone(() -> Span.of("lost", 0, 1));
    }
  }

  @Test
  void nothingIsMadeWhereNobodyAsks() {
    Traces.OFF.alone(() -> {
      throw new AssertionError("a span was made");
    });
    Traces.OFF.close();
  }

  @Test
  void headersOfCallersAreReadAsTheStandardSays() {
    String trace = "0af7651916cd43dd8448eb211c80319c";
    assertEquals(
        Optional.of(new TraceContext(trace, "b7ad6b7169203331", true)),
        TraceContext.parse("00-" + trace + "-b7ad6b7169203331-01"));
    assertFalse(TraceContext.parse("00-" + trace + "-b7ad6b7169203331-00").orElseThrow().sampled());
    for (String none :
        List.of(
            "",
            "00-" + trace + "-0000000000000000-01",
            "ff-" + trace + "-b7ad6b7169203331-01",
            "00-" + trace.toUpperCase(java.util.Locale.ROOT) + "-b7ad6b7169203331-01",
            "00-" + trace + "-b7ad6b7169203331-01-" + "x".repeat(1000))) {
      assertEquals(Optional.empty(), TraceContext.parse(none), none);
    }
    assertEquals(STEP, TraceContext.of("/runs/a", "step", 2, 7));
    assertFalse(STEP.equals(TraceContext.of("/runs/a", "step", 3, 7)));
  }

  @Test
  void plainTextStaysOnThisMachineUnlessItIsAllowed() {
    assertEquals(
        "http://localhost:4318/v1/traces",
        OtlpEndpoint.of("http://localhost:4318", "", false).toString());
    assertEquals(
        "https://otel.example/base/v1/traces",
        OtlpEndpoint.of("https://otel.example/base/", "", false).toString());
    assertEquals(
        "http://192.0.2.1:4318/v1/traces",
        OtlpEndpoint.of("http://192.0.2.1:4318", "", true).toString());
    for (String refused :
        List.of("http://192.0.2.1:4318", "ftp://localhost", "localhost:4318", "")) {
      IllegalArgumentException why =
          assertThrows(
              IllegalArgumentException.class, () -> OtlpEndpoint.of(refused, "", false), refused);
      assertTrue(String.valueOf(why.getMessage()).contains("http"), why::toString);
    }
    IllegalArgumentException told =
        assertThrows(
            IllegalArgumentException.class,
            () -> OtlpEndpoint.of("http://user:pass@localhost:1", "", false));
    assertFalse(String.valueOf(told.getMessage()).contains("pass"), told::toString);
  }
}
