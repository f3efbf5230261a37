package io.lockstep.coordinator.simulation;

import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongFunction;
import java.util.stream.LongStream;

/**
 * Runs many seeds on all cores and says what they went through: {@code ManySeeds COUNT [FIRST]
 * [WORKERS]}, the last for memberships of that size, or {@code joining} for a network that spoils
 * joining, or {@code once} for workers that say everything once, or {@code strangers}, or {@code
 * drained} for runs that are drained.
 */
final class ManySeeds {
  private static final int MOST_SHOWN = 5;

  private ManySeeds() {}

  /** The number of seeds, the first one, and the number of workers. */
  public static void main(String[] arguments) {
    long count = Long.parseLong(arguments[0]);
    long first = arguments.length > 1 ? Long.parseLong(arguments[1]) : 0;
    LongFunction<Simulation> scenario = scenario(arguments.length > 2 ? arguments[2] : "0");
    AtomicLong generations = new AtomicLong();
    AtomicLong steps = new AtomicLong();
    AtomicLong rewinds = new AtomicLong();
    AtomicLong recomputed = new AtomicLong();
    AtomicLong failures = new AtomicLong();
    long start = System.nanoTime();
    LongStream.range(first, first + count)
        .parallel()
        .forEach(seed -> {
          try {
            Simulation run = scenario.apply(seed);
            generations.addAndGet(run.invariants().generation());
            steps.addAndGet(run.invariants().committed());
            rewinds.addAndGet(run.invariants().rewinds());
            recomputed.addAndGet(run.invariants().recomputed());
          } catch (AssertionError broken) {
            if (failures.incrementAndGet() <= MOST_SHOWN) {
              System.out.println("seed " + seed + ": " + broken.getMessage());
              Throwable cause = broken.getCause();
              if (cause != null) {
                cause.printStackTrace(System.out);
              }
            }
          }
        });
    System.out.printf(
        "%d runs, %d generations, %d steps, %d rewinds, %d steps computed again, %d failures, %.1f s%n",
        count,
        generations.get(),
        steps.get(),
        rewinds.get(),
        recomputed.get(),
        failures.get(),
        (System.nanoTime() - start) / 1e9);
    if (failures.get() > 0) {
      System.exit(1);
    }
  }

  private static LongFunction<Simulation> scenario(String name) {
    return switch (name) {
      case "joining" -> Scenario::troubledJoining;
      case "once" -> Scenario::sayingEverythingOnce;
      case "strangers" -> Scenario::amongStrangers;
      case "drained" -> Scenario::drained;
      case "0" -> Scenario::small;
      default -> seed -> Scenario.large(seed, Integer.parseInt(name));
    };
  }
}
