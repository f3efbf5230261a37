package io.lockstep.data.bank;

import io.lockstep.data.plan.SplitMix64;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A process that uses a bank, for tests. */
final class BankProcess {

  private BankProcess() {}

  /**
   * {@code write FOLDER BYTES SEED COUNT}: adds that many patches; {@code draw DATA FOLDER BYTES}:
   * prints the digest of what every sample is given.
   */
  public static void main(String[] arguments) throws Exception {
    switch (arguments[0]) {
      case "write" ->
          write(
              Path.of(arguments[1]),
              Long.parseLong(arguments[2]),
              Long.parseLong(arguments[3]),
              Long.parseLong(arguments[4]));
      case "draw" -> {
        try (DrawnSamples samples =
            DrawnSamples.open(
                Path.of(arguments[1]), Path.of(arguments[2]), Long.parseLong(arguments[3]))) {
          System.out.println(samples.digest(samples.positions(), 1));
        }
      }
      default -> throw new IllegalArgumentException(arguments[0]);
    }
  }

  private static void write(Path folder, long maxBytes, long seed, long count) throws IOException {
    PatchBank bank = PatchBank.open(folder, maxBytes);
    for (long i = 0; i < count; i++) {
      // Processes want the same patches now and then.
      long number = Long.remainderUnsigned(SplitMix64.mix(seed, i), 20_000);
      bank.put(Patches.key(number), Patches.patch(number));
    }
  }

  static Process start(Path log, String... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx256m"));
    command.addAll(List.of("-Djava.awt.headless=true", "--enable-native-access=ALL-UNNAMED"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add(BankProcess.class.getName());
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command).redirectError(log.toFile()).start();
  }
}
