package io.lockstep.cli;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The events of a Chrome trace that have a duration. */
public record ChromeEvents(List<Event> events) {

  /** Times are written with less than a nanosecond's error. */
  private static final double ROUNDING = 0.01;

  public ChromeEvents {
    events = List.copyOf(events);
  }

  /** One of them; times in microseconds. */
  public record Event(
      String name, String category, int thread, double begin, double end, long step) {

    private boolean holds(Event other) {
      return thread == other.thread && begin <= other.begin && other.end <= end + ROUNDING;
    }
  }

  /** Reads a file. */
  public static ChromeEvents read(Path file) throws IOException {
    List<Event> events = new ArrayList<>();
    for (JsonNode node : new ObjectMapper().readTree(file.toFile()).get("traceEvents")) {
      if (node.get("ph").asText().equals("X")) {
        double begin = node.get("ts").asDouble();
        events.add(
            new Event(
                node.get("name").asText(),
                node.get("cat").asText(),
                node.get("tid").asInt(),
                begin,
                begin + node.get("dur").asDouble(),
                node.get("args").path("step").asLong()));
      }
    }
    return new ChromeEvents(events);
  }

  /** Those of a category. */
  public List<Event> of(String category) {
    return events.stream().filter(event -> event.category().equals(category)).toList();
  }

  /** Fails if two events of a thread overlap without one being a part of the other. */
  public void requireNested() {
    Map<Integer, List<Event>> threads = new TreeMap<>();
    events.forEach(
        event -> threads.computeIfAbsent(event.thread(), _ -> new ArrayList<>()).add(event));
    for (List<Event> thread : threads.values()) {
      thread.sort(
          Comparator.comparingDouble(Event::begin)
              .thenComparing(Comparator.comparingDouble(Event::end).reversed()));
      Deque<Event> open = new ArrayDeque<>();
      for (Event event : thread) {
        while (!open.isEmpty() && open.getFirst().end() <= event.begin() + ROUNDING) {
          open.pop();
        }
        assertTrue(
            open.isEmpty() || event.end() <= open.getFirst().end() + ROUNDING,
            () -> event + " is no part of " + open.peek());
        open.push(event);
      }
    }
  }

  /** The share of all steps' time that lies in stages. */
  public double covered() {
    double steps = 0;
    double stages = 0;
    for (Event step : of("step")) {
      steps += step.end() - step.begin();
      double until = step.begin();
      for (Event stage :
          of("stage").stream()
              .filter(step::holds)
              .sorted(Comparator.comparingDouble(Event::begin))
              .toList()) {
        stages += Math.max(0, stage.end() - Math.max(until, stage.begin()));
        until = Math.max(until, stage.end());
      }
    }
    return stages / steps;
  }
}
