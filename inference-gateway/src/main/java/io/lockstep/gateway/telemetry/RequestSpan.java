package io.lockstep.gateway.telemetry;

import io.lockstep.gateway.serving.ModelIdentity;
import io.lockstep.gateway.serving.ServingWatch.Ended;
import io.lockstep.gateway.serving.ServingWatch.Ending;
import io.lockstep.operations.trace.Span;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** A request as a span: how long it waited, was read by the model, and was answered. */
final class RequestSpan {

  private static final double NANOS = 1e9;

  private RequestSpan() {}

  /**
   * The span of a request.
   *
   * @param end when it ended, in nanoseconds of {@link System#nanoTime}
   * @param model that answers
   */
  static Span of(Ended request, long end, Optional<ModelIdentity> model) {
    long begin = end - nanos(request.whole());
    List<Span> parts = new ArrayList<>();
    long begun = request.queued().isPresent() ? begin + nanos(request.queued().getAsDouble()) : end;
    parts.add(Span.of("queue", begin, begun));
    if (request.queued().isPresent()) {
      long first =
          request.firstText().isPresent() ? begin + nanos(request.firstText().getAsDouble()) : end;
      parts.add(Span.of("prefill", begun, first));
      if (request.firstText().isPresent()) {
        parts.add(Span.of("decode", first, end));
      }
    }
    Map<String, Object> known = new TreeMap<>();
    known.put("ending", name(request.ending()));
    model.ifPresent(present -> known.put("step", present.steps()));
    request
        .answered()
        .ifPresent(answer -> {
          known.put("prompt_tokens", answer.promptTokens());
          known.put("new_tokens", answer.newTokens());
        });
    return Span.of("request", begin, end).with(known).with(parts);
  }

  private static String name(Ending ending) {
    return switch (ending) {
      case Ending.Answered answer -> answer.finish().name().toLowerCase(Locale.ROOT);
      case Ending.Found _ -> "objects";
      case Ending.Failed failed -> failed.why().name().toLowerCase(Locale.ROOT);
      case Ending.Abandoned _ -> "abandoned";
    };
  }

  private static long nanos(double seconds) {
    return Math.round(seconds * NANOS);
  }
}
