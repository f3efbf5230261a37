package io.lockstep.gateway.telemetry;

import io.lockstep.data.answer.Finish;
import io.lockstep.gateway.serving.Alignment;
import io.lockstep.gateway.serving.ServingException;
import io.lockstep.gateway.serving.ServingWatch.Ended;
import io.lockstep.gateway.serving.ServingWatch.Ending;
import io.lockstep.operations.ProcessRegistry;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.core.metrics.Histogram;
import java.util.Locale;
import java.util.function.DoubleSupplier;

/**
 * Metrics of a gateway, listed in docs/operations.md. Where vLLM has one of the same meaning it has
 * vLLM's name behind our prefix, with vLLM's buckets.
 */
final class GatewayMetrics {

  /** What ended a request for objects. */
  private static final String OBJECTS = "objects";

  private static final double[] FIRST_TOKEN = {
    0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40,
    80, 160, 640, 2560
  };

  private static final double[] PER_TOKEN = {
    0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80
  };

  private static final double[] REQUEST = {
    0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480, 960, 1920, 7680
  };

  private final ProcessRegistry process;
  private final Counter promptTokens;
  private final Counter generationTokens;
  private final Counter success;
  private final Counter failure;
  private final Counter refused;
  private final Counter abandoned;
  private final Counter swaps;
  private final Counter refusedCheckpoints;
  private final Histogram firstToken;
  private final Histogram perToken;
  private final Histogram whole;
  private final Histogram queued;

  GatewayMetrics(ProcessRegistry process, GatewayTelemetry gateway) {
    this.process = process;
    gauge(
        "num_requests_running",
        "Requests in the batch that the model answers.",
        () -> gateway.queue().running());
    gauge(
        "num_requests_waiting",
        "Requests that wait, those whose pictures are being read included.",
        () -> gateway.queue().waiting());
    promptTokens = counter("prompt_tokens_total", "Tokens of answered prompts, pictures included.");
    generationTokens = counter("generation_tokens_total", "Tokens of answers.");
    success =
        counter(
            "request_success_total", "Requests answered, by what ended them.", "finished_reason");
    for (Finish finish : Finish.values()) {
      success.initLabelValues(reason(finish));
    }
    success.initLabelValues(OBJECTS);
    failure =
        counter("request_failure_total", "Requests that were taken and got no answer.", "reason");
    refused = counter("request_refused_total", "Requests that were not taken.", "reason");
    for (ServingException.Kind kind : ServingException.Kind.values()) {
      failure.initLabelValues(label(kind));
      refused.initLabelValues(label(kind));
    }
    abandoned = counter("request_abandoned_total", "Requests whose clients have gone.");
    swaps = counter("model_swaps_total", "Checkpoints that came to be served, the first included.");
    refusedCheckpoints =
        counter("refused_checkpoints_total", "Checkpoints of the followed run that were refused.");
    firstToken =
        histogram(
            "time_to_first_token_seconds", "From taking a request to its first text.", FIRST_TOKEN);
    perToken =
        histogram(
            "request_time_per_output_token_seconds",
            "Mean time of a request's tokens after the first text.",
            PER_TOKEN);
    whole =
        histogram("e2e_request_latency_seconds", "From taking a request to its answer.", REQUEST);
    queued =
        histogram(
            "request_queue_time_seconds",
            "From taking a request to the beginning of its batch.",
            REQUEST);
    model(gateway);
  }

  private void model(GatewayTelemetry gateway) {
    GaugeWithCallback.builder()
        .name(process.name("served_step"))
        .help("Training steps of the checkpoint that answers; 0 if no run of ours wrote it.")
        .callback(
            callback -> gateway.model().ifPresent(model -> callback.call((double) model.steps())))
        .register(process.registry());
    GaugeWithCallback.builder()
        .name(process.name("served_certificate"))
        .help("1 for what became of the certificate of the checkpoint that answers, 0 for others.")
        .labelNames("verdict")
        .callback(callback ->
            gateway
                .model()
                .ifPresent(model -> {
                  for (Alignment.State state : Alignment.State.values()) {
                    callback.call(
                        model.alignment().state() == state ? 1 : 0,
                        state.name().toLowerCase(Locale.ROOT));
                  }
                }))
        .register(process.registry());
    gauge("ready", "1 while requests are answered, else 0.", () -> gateway.ready().ok() ? 1 : 0);
  }

  void refused(ServingException.Kind why, int requests) {
    refused.labelValues(label(why)).inc((long) requests);
  }

  void swapped() {
    swaps.inc();
  }

  void checkpointRefused() {
    refusedCheckpoints.inc();
  }

  void ended(Ended request) {
    request.queued().ifPresent(queued::observe);
    switch (request.ending()) {
      case Ending.Answered answer -> answered(request, answer);
      case Ending.Found _ -> {
        success.labelValues(OBJECTS).inc();
        whole.observe(request.whole());
      }
      case Ending.Failed failed -> failure.labelValues(label(failed.why())).inc();
      case Ending.Abandoned _ -> abandoned.inc();
    }
  }

  private void answered(Ended request, Ending.Answered answer) {
    success.labelValues(reason(answer.finish())).inc();
    promptTokens.inc(answer.promptTokens());
    generationTokens.inc(answer.newTokens());
    whole.observe(request.whole());
    double first = request.firstText().orElse(request.whole());
    firstToken.observe(first);
    if (answer.newTokens() > 1) {
      perToken.observe((request.whole() - first) / (answer.newTokens() - 1));
    }
  }

  /** As vLLM calls it. */
  private static String reason(Finish finish) {
    return switch (finish) {
      case STOP -> "stop";
      case LENGTH -> "length";
    };
  }

  private static String label(ServingException.Kind kind) {
    return kind.name().toLowerCase(Locale.ROOT);
  }

  private void gauge(String name, String help, DoubleSupplier value) {
    GaugeWithCallback.builder()
        .name(process.name(name))
        .help(help)
        .callback(callback -> callback.call(value.getAsDouble()))
        .register(process.registry());
  }

  private Counter counter(String name, String help, String... labels) {
    return Counter.builder()
        .name(process.name(name))
        .help(help)
        .labelNames(labels)
        .register(process.registry());
  }

  private Histogram histogram(String name, String help, double... bounds) {
    return Histogram.builder()
        .name(process.name(name))
        .help(help)
        .classicOnly()
        .classicUpperBounds(bounds)
        .register(process.registry());
  }
}
