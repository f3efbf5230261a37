package io.lockstep.cli.drill;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A pod on this machine: its one container as a process, started again whenever it ends, asked by
 * its probes, and ended with its grace. Runs on a thread of its own.
 */
final class PodRun implements Runnable {

  private static final int TICK_MILLIS = 20;
  private static final Duration BACK_OFF = Duration.ofSeconds(10);

  /** Of a pod that is not asked to end. */
  private static final int NONE = -1;

  private final ObjectNode pod;
  private final String address;
  private final PodCommand command;
  private final Path log;
  private final int hurry;
  private final List<String> history = new CopyOnWriteArrayList<>();
  private final Map<String, Integer> asked = new ConcurrentHashMap<>();
  private final AtomicInteger restarts = new AtomicInteger();

  /** Odd while a process runs: probes of the one before end by it. */
  private final AtomicInteger incarnation = new AtomicInteger();

  private volatile int graceSeconds = NONE;
  private volatile boolean killed;
  private volatile boolean started;
  private volatile boolean ready;
  private volatile boolean ended;
  private volatile Process process;
  private volatile String unhealthy = "";

  /**
   * A pod that is to be run.
   *
   * @param log of all its processes
   * @param hurry by how much waiting is shortened
   */
  PodRun(ObjectNode pod, String address, PodCommand command, Path log, int hurry) {
    this.pod = pod;
    this.address = address;
    this.command = command;
    this.log = log;
    this.hurry = hurry;
  }

  String name() {
    return pod.at("/metadata/name").asText();
  }

  String address() {
    return address;
  }

  boolean started() {
    return started;
  }

  boolean ready() {
    return ready;
  }

  /** Whether it has ended, after it was asked to. */
  boolean ended() {
    return ended;
  }

  int restarts() {
    return restarts.get();
  }

  /** The process of its container at present. */
  Process process() {
    return process;
  }

  /** How often a probe has been asked. */
  int asked(String probe) {
    return asked.getOrDefault(probe, 0);
  }

  /** What its probes were told, and what became of it. */
  List<String> history() {
    return List.copyOf(history);
  }

  PodCommand command() {
    return command;
  }

  /** Asks it to end. */
  void end(int grace) {
    if (graceSeconds == NONE) {
      graceSeconds = grace;
    }
  }

  /** Ends it at once. */
  void kill() {
    killed = true;
  }

  @Override
  public void run() {
    try {
      Duration wait = BACK_OFF.dividedBy(hurry);
      while (!ending()) {
        container();
        if (!ending()) {
          boolean first = restarts.incrementAndGet() == 1;
          pause(first ? Duration.ZERO : wait);
          wait = first ? wait : wait.multipliedBy(2);
        }
      }
    } catch (IOException e) {
      history.add("failed: " + e);
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      ready = false;
      ended = true;
    }
  }

  private boolean ending() {
    return killed || graceSeconds != NONE;
  }

  private void pause(Duration time) throws InterruptedException {
    long until = System.nanoTime() + time.toNanos();
    while (System.nanoTime() < until && !ending()) {
      Thread.sleep(TICK_MILLIS);
    }
  }

  /** One process from its start to its end. */
  private void container() throws IOException, InterruptedException {
    Process running = command.start(address, log);
    process = running;
    unhealthy = "";
    int number = incarnation.incrementAndGet();
    history.add("started");
    Thread.startVirtualThread(() -> startup(number));
    try {
      while (running.isAlive() && !ending() && unhealthy.isEmpty()) {
        running.waitFor(TICK_MILLIS, TimeUnit.MILLISECONDS);
      }
      ready = ready && ending();
      if (running.isAlive()) {
        history.add(ending() ? "asked to end" : "killed by its kubelet: " + unhealthy);
        end(running, ending() ? graceSeconds : probeGrace());
      }
    } finally {
      incarnation.incrementAndGet();
      running.destroyForcibly();
      running.waitFor();
      ready = false;
      started = false;
      history.add("ended with " + running.exitValue());
    }
  }

  /** A probe's own grace, or else the pod's: what is stuck ends no sooner on a fast machine. */
  private int probeGrace() {
    int grace =
        spec()
            .path("livenessProbe")
            .path("terminationGracePeriodSeconds")
            .asInt(pod.at("/spec/terminationGracePeriodSeconds").asInt(30));
    return grace / hurry;
  }

  /** Its container's specification. */
  private JsonNode spec() {
    return pod.at("/spec/containers/0");
  }

  private void end(Process running, int grace) throws InterruptedException {
    long until = System.nanoTime() + Duration.ofSeconds(grace).toNanos();
    JsonNode sleep = spec().at("/lifecycle/preStop/sleep/seconds");
    if (sleep.isInt()) {
      running.waitFor(sleep.asInt(), TimeUnit.SECONDS);
    }
    running.destroy();
    while (running.isAlive() && !killed && System.nanoTime() < until) {
      running.waitFor(TICK_MILLIS, TimeUnit.MILLISECONDS);
    }
    if (running.isAlive()) {
      history.add("its grace is over");
    }
  }

  private void startup(int number) {
    ask(
        number,
        "startupProbe",
        good -> {
          started = good;
          return !good;
        });
    if (number == incarnation.get() && started) {
      Thread.startVirtualThread(() ->
          ask(
              number,
              "readinessProbe",
              good -> {
                ready = good;
                return true;
              }));
      ask(number, "livenessProbe", good -> true);
    }
  }

  /** What a probe's outcomes lead to. */
  private interface Consequence {

    /** Takes the newest outcome; false if nothing more is to be asked. */
    boolean of(boolean good);
  }

  private void ask(int number, String name, Consequence consequence) {
    Probe probe = Probe.of(spec(), name, address, hurry);
    int failed = 0;
    String said = "";
    try {
      while (number == incarnation.get()) {
        Thread.sleep(probe.period());
        Probe.Outcome outcome = probe.ask();
        asked.merge(name, 1, Integer::sum);
        if (number != incarnation.get()) {
          return;
        }
        // Times and numbers would make every line another one.
        String text = name + ": " + outcome.text().replaceAll("[0-9]{2,}|(?<= )[0-9](?= )", "N");
        if (!text.equals(said)) {
          history.add(name + ": " + outcome.text());
          said = text;
        }
        failed = outcome.good() ? 0 : failed + 1;
        boolean unready = name.equals("readinessProbe") && failed > 0 && failed < probe.failures();
        if (!unready && !consequence.of(outcome.good())) {
          return;
        }
        if (failed >= probe.failures() && !name.equals("readinessProbe")) {
          unhealthy = name + " failed " + failed + " times, at last: " + outcome.text();
          return;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** The end of its log and its history, for messages. */
  String told() throws IOException {
    List<String> lines = new ArrayList<>(history);
    if (Files.exists(log)) {
      List<String> logged = Files.readAllLines(log);
      lines.addAll(logged.subList(Math.max(0, logged.size() - 30), logged.size()));
    }
    return name() + ":\n  " + String.join("\n  ", lines);
  }

  /** How its process is started. */
  record PodCommand(
      PodFolder folder, List<String> words, Map<String, String> environment, Path directory) {

    PodCommand {
      words = List.copyOf(words);
      environment = Map.copyOf(environment);
    }

    private Process start(String address, Path log) throws IOException {
      // All addresses of a pod are one of this machine's many.
      List<String> command = words.stream().map(word -> word.replace("0.0.0.0", address)).toList();
      ProcessBuilder builder =
          new ProcessBuilder(command)
              .directory(directory.toFile())
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
      builder.environment().clear();
      builder.environment().putAll(environment);
      return builder.start();
    }
  }
}
