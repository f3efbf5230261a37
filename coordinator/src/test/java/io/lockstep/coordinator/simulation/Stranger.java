package io.lockstep.coordinator.simulation;

import io.lockstep.coordinator.machine.Event;
import io.lockstep.coordinator.machine.Holding;
import io.lockstep.data.plan.Shard;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Somebody who reaches the coordinator and says anything at all: messages of every kind, of past,
 * present and future generations and steps, in any order, under names of its own and of others.
 * Nobody ever gets a connection with it.
 */
final class Stranger {
  private static final int LONGEST_PAUSE_MILLIS = 700;
  private static final int NAMES = 6;

  private final Simulation simulation;
  private final Agenda agenda;
  private long session;

  Stranger(Simulation simulation) {
    this.simulation = simulation;
    this.agenda = simulation.agenda();
  }

  /** Comes, says things and goes, again and again until the run ends. */
  void start() {
    if (simulation.coordinator().outcome().isPresent()) {
      return;
    }
    if (session == 0 || agenda.oneIn(12)) {
      session = simulation.coordinator().openToNobody();
      say(joined());
    } else {
      say(anything());
    }
    agenda.later(agenda.between(1, LONGEST_PAUSE_MILLIS), this::start);
  }

  private void say(Event event) {
    simulation.coordinator().feed(event);
  }

  private Event.Joined joined() {
    long name = agenda.between(0, NAMES);
    String known = "worker-%04d".formatted(name);
    return new Event.Joined(
        session,
        agenda.oneIn(3) ? known : "stranger-" + name,
        agenda.oneIn(8) ? "10.0.0.1:" + known : "10.6.6.6:" + session,
        "strange",
        agenda.oneIn(2) ? "" : "stranger",
        agenda.oneIn(3) ? List.of(holding()) : List.of(),
        agenda.oneIn(2));
  }

  private Holding holding() {
    int world = (int) agenda.between(1, 4);
    return new Holding(
        new Shard((int) agenda.between(0, world - 1L), world, agenda.oneIn(2)),
        step(),
        agenda.oneIn(2));
  }

  private long generation() {
    return agenda.oneIn(8)
        ? agenda.between(-1, 99)
        : simulation.invariants().generation() - agenda.between(0, 1);
  }

  private long step() {
    return simulation.invariants().committed() + agenda.between(-2, 2);
  }

  private int rank() {
    return (int) agenda.between(-1, 5);
  }

  private Event anything() {
    return switch ((int) agenda.between(0, 13)) {
      case 0 -> new Event.Ready(session, agenda.oneIn(3) ? 0 : generation());
      case 1 -> new Event.Reduced(session, generation(), step(), virtualRanks(), buckets());
      case 2 -> new Event.Applied(session, generation(), step());
      case 3 -> new Event.PartWritten(session, generation(), step(), List.of(file()));
      case 4 -> new Event.Broken(session, generation(), rank(), "nothing works");
      case 5 -> new Event.Leaving(session, "no more");
      case 6 -> new Event.Stalled(session, generation(), rank(), "nothing comes");
      case 7 -> new Event.Failed(session, "it can't");
      case 8 -> new Event.Violated(session, "it sent HELLO after its Hello");
      case 9 -> new Event.Lost(session, "its connection was closed");
      case 10 -> joined();
      case 11 -> new Event.Telemetry(session, step(), Double.NaN, -1, 0, -1);
      default -> new Event.Heartbeat(session, generation(), "standing", standing());
    };
  }

  private Optional<Event.Standing> standing() {
    return Optional.of(
        new Event.Standing(
            agenda.oneIn(2),
            agenda.oneIn(9) ? "no more" : "",
            generation(),
            IntStream.range(0, (int) agenda.between(0, 4)).mapToObj(_ -> rank()).toList(),
            agenda.oneIn(9)
                ? Optional.of(new Event.Broken(session, generation(), rank(), "gone"))
                : Optional.empty()));
  }

  private List<Event.VirtualRankResult> virtualRanks() {
    List<Event.VirtualRankResult> results = new ArrayList<>();
    long end = agenda.between(0, 3);
    for (int each = (int) agenda.between(0, 3); each < end; each++) {
      results.add(
          new Event.VirtualRankResult(
              each, agenda.oneIn(3) ? Double.NaN : 1, agenda.between(-1, 5), 1));
    }
    return results;
  }

  private List<Event.BucketResult> buckets() {
    return IntStream.range(0, (int) agenda.between(0, 3))
        .mapToObj(bucket -> new Event.BucketResult(bucket, agenda.oneIn(3) ? -1 : 1, 7))
        .toList();
  }

  private Event.CheckpointFile file() {
    return new Event.CheckpointFile(agenda.oneIn(2) ? "../x" : "part-0", 1, "0".repeat(64));
  }
}
