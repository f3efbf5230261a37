package io.lockstep.gateway.telemetry;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.data.answer.Finish;
import io.lockstep.gateway.FakeModel;
import io.lockstep.gateway.serving.ServingException;
import io.lockstep.gateway.serving.ServingWatch.Ended;
import io.lockstep.gateway.serving.ServingWatch.Ending;
import io.lockstep.operations.DocumentedMetrics;
import io.lockstep.operations.Health;
import io.lockstep.operations.ProcessRegistry;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

class GatewayTelemetryTest {

  private long now;
  private final ProcessRegistry process = new ProcessRegistry("gateway", Optional.empty());
  private final GatewayTelemetry gateway = new GatewayTelemetry(process, () -> now);

  private void pass(Duration time) {
    now += time.toNanos();
  }

  private String scraped() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    PrometheusTextFormatWriter.create().write(out, process.registry().scrape());
    return out.toString(StandardCharsets.UTF_8);
  }

  private void assertScraped(String line) throws IOException {
    String all = scraped();
    assertTrue(all.lines().anyMatch(line::equals), () -> "no '" + line + "' in\n" + all);
  }

  @Test
  void itStartsWhenItListensAndIsReadyWhileAModelAnswers() {
    assertFalse(gateway.started().ok());
    gateway.onListening();
    assertTrue(gateway.started().ok());
    assertEquals(Health.Condition.bad("no checkpoint is loaded yet"), gateway.ready());
    gateway.onServing(FakeModel.answering(7, prompt -> prompt).identity());
    assertTrue(gateway.ready().ok());
    gateway.onStopped();
    assertFalse(gateway.ready().ok());
    assertTrue(gateway.live().ok(), "it drains");
  }

  @Test
  void aThreadThatAnswersNothingIsStuckHoweverMuchIsAskedFor() {
    gateway.onQueue(1, 0);
    gateway.onQueue(0, 1);
    gateway.onProgress();
    gateway.onEnd(
        new Ended(
            new Ending.Found(),
            OptionalDouble.empty(),
            OptionalDouble.empty(),
            1,
            Optional.empty()));
    for (int minute = 0; minute <= 10; minute++) {
      assertTrue(gateway.live().ok());
      gateway.onQueue(minute, 1);
      pass(Duration.ofMinutes(1));
    }
    assertEquals(
        Health.Condition.bad(
            "10 requests wait, 1 run: stuck: no progress for 660 s, longer than 600 s; it was"
                + " answering requests"),
        gateway.live());
    gateway.onProgress();
    assertTrue(gateway.live().ok());
  }

  @Test
  void aGatewayThatNobodyAsksIsAlive() {
    gateway.onQueue(1, 0);
    gateway.onQueue(0, 0);
    pass(Duration.ofDays(1));
    assertTrue(gateway.live().ok());
  }

  @Test
  void answersAreCountedAsVllmDoes() throws IOException {
    gateway.onQueue(2, 1);
    gateway.onEnd(
        new Ended(
            new Ending.Answered(30, 5, Finish.LENGTH),
            OptionalDouble.of(0.2),
            OptionalDouble.of(1),
            3,
            Optional.empty()));
    gateway.onRefused(ServingException.Kind.QUEUE_FULL, 4);
    assertScraped("lockstep_gateway_num_requests_waiting 2.0");
    assertScraped("lockstep_gateway_num_requests_running 1.0");
    assertScraped("lockstep_gateway_prompt_tokens_total 30.0");
    assertScraped("lockstep_gateway_generation_tokens_total 5.0");
    assertScraped("lockstep_gateway_request_success_total{finished_reason=\"length\"} 1.0");
    assertScraped("lockstep_gateway_request_success_total{finished_reason=\"stop\"} 0.0");
    assertScraped("lockstep_gateway_request_refused_total{reason=\"queue_full\"} 4.0");
    assertScraped("lockstep_gateway_time_to_first_token_seconds_sum 1.0");
    assertScraped("lockstep_gateway_request_time_per_output_token_seconds_sum 0.5");
    assertScraped("lockstep_gateway_request_queue_time_seconds_sum 0.2");
  }

  @Test
  void aGatewayExposesWhatIsDocumented() throws IOException {
    StrangerMetrics.register(process, () -> 0, () -> 0);
    assertEquals(
        DocumentedMetrics.listed("gateway"), DocumentedMetrics.exposed(process.registry()));
  }
}
