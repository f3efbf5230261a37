package io.lockstep.data.bank;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The same sample is given the same pixels, whatever is in the bank and whoever asks. */
class PatchSupplyTest {

  private static final long ROOM = 64L << 20;

  @TempDir private Path folder;
  private Path data = Path.of("");
  private Path bank = Path.of("");
  private String expected = "";

  @BeforeEach
  void drawOnceInOrder() throws Exception {
    data = DrawnSamples.write(folder);
    bank = folder.resolve("bank");
    try (DrawnSamples samples = DrawnSamples.open(data, folder.resolve("first"), ROOM)) {
      expected = samples.digest(samples.positions(), 1);
      assertTrue(samples.supply().counts().cut() > 0, "nothing was cut");
      assertTrue(samples.supply().counts().found() > 0, "nothing came from the bank");
    }
  }

  @Test
  void anyNumberOfThreadsAndAnyOrderGetTheSame() throws Exception {
    for (int round = 0; round < 3; round++) {
      try (DrawnSamples samples = DrawnSamples.open(data, bank, ROOM)) {
        List<Long> order = new ArrayList<>(samples.positions());
        Collections.shuffle(order, new Random(round));
        assertEquals(expected, samples.digest(order, 4));
      }
    }
  }

  @Test
  void twoProcessesOnOneBankGetTheSame() throws Exception {
    List<Process> processes = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      processes.add(
          BankProcess.start(
              folder.resolve("log"), "draw", data.toString(), bank.toString(), "" + ROOM));
    }
    for (Process process : processes) {
      String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertEquals(0, process.waitFor(), () -> log());
      assertEquals(expected, said.strip());
    }
    assertEquals(0, BankReport.of(bank).damagedCount());
  }

  private String log() {
    try {
      return Files.readString(folder.resolve("log"));
    } catch (IOException e) {
      return e.toString();
    }
  }

  @Test
  void aBankThatIsDeletedInBetweenChangesNothing() throws Exception {
    try (DrawnSamples samples = DrawnSamples.open(data, bank, ROOM)) {
      assertEquals(expected, samples.digest(samples.positions(), 1));
      delete(bank);
      assertEquals(expected, samples.digest(samples.positions().reversed(), 1));
    }
  }

  @Test
  void aBankThatIsAlwaysFullChangesNothing() throws Exception {
    try (DrawnSamples samples = DrawnSamples.open(data, bank, PatchBank.MIN_BYTES)) {
      assertEquals(expected, samples.digest(samples.positions(), 2));
    }
  }

  @Test
  void aSupplyWithoutABankGivesTheSame() throws Exception {
    try (DrawnSamples samples = DrawnSamples.withoutBank(data)) {
      assertEquals(expected, samples.digest(samples.positions(), 2));
      PatchSupply.Counts counts = samples.supply().counts();
      assertEquals(new PatchSupply.Counts(0, counts.cut(), 0, 0, 0), counts);
    }
  }

  @Test
  void picturesThatCannotBeReadGiveNothingWhateverIsInTheBank() throws Exception {
    Files.writeString(folder.resolve("7.png"), "not a picture");
    Files.delete(folder.resolve("11.png"));
    String without;
    try (DrawnSamples samples = DrawnSamples.withoutBank(data)) {
      without = samples.digest(samples.positions(), 2);
    }
    assertNotEquals(expected, without);
    try (DrawnSamples samples = DrawnSamples.open(data, folder.resolve("first"), ROOM)) {
      assertEquals(without, samples.digest(samples.positions(), 2), "a full bank");
    }
    try (DrawnSamples samples = DrawnSamples.open(data, bank, ROOM)) {
      assertEquals(without, samples.digest(samples.positions().reversed(), 3), "an empty bank");
    }
  }

  @Test
  void whatWasDoneIsCounted() throws Exception {
    try (DrawnSamples samples = DrawnSamples.open(data, bank, ROOM)) {
      samples.digest(samples.positions(), 1);
      PatchSupply.Counts empty = samples.supply().counts();
      assertEquals(PatchBank.open(bank, ROOM).size(), empty.added());
      assertEquals(empty.added(), empty.cut());
      samples.digest(samples.positions(), 1);
      PatchSupply.Counts full = samples.supply().counts().since(empty);
      assertEquals(new PatchSupply.Counts(empty.cut() + empty.found(), 0, 0, 0, 0), full);
    }
  }

  @Test
  void aDamagedPatchIsNeverUsed() throws Exception {
    try (DrawnSamples samples = DrawnSamples.open(data, bank, ROOM)) {
      assertEquals(expected, samples.digest(samples.positions(), 1));
      for (Segment segment : Segment.of(bank)) {
        byte[] bytes = Files.readAllBytes(segment.data());
        for (int i = 0; i < bytes.length; i += 40) {
          bytes[i] ^= 1;
        }
        Files.write(segment.data(), bytes);
      }
      assertTrue(BankReport.of(bank).damagedCount() > 0);
      assertEquals(expected, samples.digest(samples.positions(), 1));
      assertTrue(samples.supply().counts().damaged() > 0);
    }
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(folder);
  }
}
