package io.lockstep.data.bank;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PatchBankTest {

  private static final long ROOM = 16L << 20;

  @TempDir private Path folder;

  private PatchBank filled(long count) throws IOException {
    PatchBank bank = PatchBank.open(folder, ROOM);
    for (long i = 0; i < count; i++) {
      assertEquals(PatchBank.Offer.ADDED, bank.put(Patches.key(i), Patches.patch(i)));
    }
    return bank;
  }

  private static void assertHolds(PatchBank bank, long number) throws IOException {
    Patch patch = bank.get(Patches.key(number)).orElseThrow();
    Patch expected = Patches.patch(number);
    assertEquals(expected.origin(), patch.origin());
    assertEquals(expected.objects(), patch.objects());
    assertEquals(expected.pixels().width(), patch.pixels().width());
    assertArrayEquals(expected.pixels().rgb(), patch.pixels().rgb());
  }

  @Test
  void whatIsPutComesBackToEveryoneWhoLooks() throws IOException {
    PatchBank early = PatchBank.open(folder, ROOM);
    PatchBank writer = filled(30);
    PatchBank late = PatchBank.open(folder, ROOM);
    for (PatchBank bank : List.of(early, writer, late)) {
      for (long i = 0; i < 30; i++) {
        assertHolds(bank, i);
      }
      assertFalse(bank.contains(Patches.key(30)));
    }
    assertEquals(PatchBank.Offer.PRESENT, early.put(Patches.key(3), Patches.patch(3)));
  }

  @Test
  void theOldestGoWhenItIsFull() throws IOException {
    PatchBank reader = PatchBank.open(folder, PatchBank.MIN_BYTES * 4);
    PatchBank bank = PatchBank.open(folder, PatchBank.MIN_BYTES * 4);
    for (long i = 0; i < 400; i++) {
      bank.put(Patches.key(i), Patches.patch(i));
      assertHolds(reader, i);
      assertTrue(bytes(folder) <= PatchBank.MIN_BYTES * 4, "more bytes than permitted");
    }
    assertFalse(bank.contains(Patches.key(0)));
    assertEquals(Optional.empty(), reader.get(Patches.key(0)));
    long first = 0;
    while (!bank.contains(Patches.key(first))) {
      first++;
    }
    for (long i = first; i < 400; i++) {
      assertHolds(bank, i);
    }
    assertTrue(bank.size() >= 20 && bank.size() < 400, () -> bank.size() + " patches stay");
  }

  @Test
  void theSamePatchesInTheSameOrderLeaveTheSameOnesWhoeverWritesThem() throws IOException {
    Path alone = folder.resolve("alone");
    Path shared = folder.resolve("shared");
    for (long room : List.of(PatchBank.MIN_BYTES, PatchBank.MIN_BYTES * 2 + 77, 1L << 20)) {
      PatchBank only = PatchBank.open(alone, room);
      List<PatchBank> several = List.of(PatchBank.open(shared, room), PatchBank.open(shared, room));
      for (long i = 0; i < 300; i++) {
        only.put(Patches.key(room + i), Patches.patch(i));
        several.get((int) (i % 3 % 2)).put(Patches.key(room + i), Patches.patch(i));
        assertTrue(bytes(alone) <= room && bytes(shared) <= room, "more bytes than permitted");
      }
      assertEquals(held(alone), held(shared));
    }
  }

  @Test
  void aBankThatMayTakeLessThanItHoldsLosesItsOldestWhenItIsOpened() throws IOException {
    PatchBank large = filled(300);
    long before = bytes(folder);
    assertEquals(OptionalLong.of(ROOM), BankReport.of(folder).maxBytes());
    for (long room : List.of(before, before / 2, PatchBank.MIN_BYTES)) {
      List<PatchKey> held = held(folder);
      PatchBank small = PatchBank.open(folder, room);
      assertTrue(bytes(folder) <= room, () -> "more than " + room + " bytes");
      assertEquals(OptionalLong.of(room), BankReport.of(folder).maxBytes());
      List<PatchKey> kept = held(folder);
      assertEquals(held.subList(held.size() - kept.size(), held.size()), kept);
      assertEquals(kept.size(), small.size());
    }
    assertEquals(Optional.empty(), large.get(Patches.key(0)));
    assertEquals(PatchBank.Offer.ADDED, large.put(Patches.key(0), Patches.patch(0)));
  }

  @Test
  void deadWritersBytesCountForTheRoomToo() throws IOException {
    long room = PatchBank.MIN_BYTES * 2;
    PatchBank bank = PatchBank.open(folder, room);
    for (long i = 0; i < 300; i++) {
      bank.put(Patches.key(i), Patches.patch(i));
      Segment newest = Segment.of(folder).getLast();
      if (i % 3 == 0) {
        // What it had written of a piece, and of an entry.
        Files.write(newest.data(), new byte[7000], StandardOpenOption.APPEND);
        Files.write(newest.index(), new byte[63], StandardOpenOption.APPEND);
      } else if (i % 3 == 1) {
        // It was removing the oldest.
        Files.delete(Segment.of(folder).getFirst().index());
      }
      bank.put(Patches.key(1000 + i), Patches.patch(i));
      assertTrue(bytes(folder) <= room, () -> "more than " + room + " bytes");
    }
    assertEquals(0, BankReport.of(folder).unpublished());
    assertEquals(0, BankReport.of(folder).damagedCount());
  }

  private static List<PatchKey> held(Path folder) throws IOException {
    List<PatchKey> keys = new ArrayList<>();
    for (Segment segment : Segment.of(folder)) {
      segment.entries(0).entries().forEach(entry -> keys.add(entry.key()));
    }
    return keys;
  }

  @Test
  void aPatchThatIsTooLargeIsRefused() throws IOException {
    PatchBank bank = PatchBank.open(folder, PatchBank.MIN_BYTES);
    Patch small = Patches.patch(1);
    Patch large = new Patch(small.origin(), small.objects(), Patches.pixels(1, 100, 100));
    assertEquals(PatchBank.Offer.TOO_LARGE, bank.put(Patches.key(1), large));
    assertFalse(bank.contains(Patches.key(1)));
  }

  /** Each moment at which a writer may die leaves a prefix of what it writes, in this order. */
  @Test
  void whatADeadWriterLeftIsNotSeenAndIsWrittenOver() throws IOException {
    filled(3);
    Segment segment = Segment.of(folder).getFirst();
    byte[] data = Files.readAllBytes(segment.data());
    byte[] index = Files.readAllBytes(segment.index());
    int dataBefore = (int) IndexEntry.decode(Arrays.copyOfRange(index, 128, 192)).get().offset();
    for (int length = dataBefore; length <= data.length; length += 397) {
      restore(segment, Arrays.copyOf(data, length), Arrays.copyOf(index, 128));
      assertTwoAndGoesOn();
    }
    for (int length = 129; length < index.length; length++) {
      restore(segment, data, Arrays.copyOf(index, length));
      assertTwoAndGoesOn();
    }
    byte[] zeros = index.clone();
    Arrays.fill(zeros, 150, 192, (byte) 0);
    restore(segment, data, zeros);
    assertTwoAndGoesOn();
  }

  private static void restore(Segment segment, byte[] data, byte[] index) throws IOException {
    Files.write(segment.data(), data);
    Files.write(segment.index(), index);
  }

  private void assertTwoAndGoesOn() throws IOException {
    PatchBank bank = PatchBank.open(folder, ROOM);
    assertHolds(bank, 0);
    assertHolds(bank, 1);
    assertEquals(Optional.empty(), bank.get(Patches.key(2)));
    bank.put(Patches.key(9), Patches.patch(9));
    BankReport report = BankReport.of(folder);
    assertEquals(3, report.patches());
    assertEquals(0, report.damagedCount());
    assertEquals(0, report.unpublished());
    assertHolds(PatchBank.open(folder, ROOM), 9);
  }

  @Test
  void aSegmentThatWasBeingRemovedIsCleanedUp() throws IOException {
    filled(3);
    Files.createFile(folder.resolve("0000000000-00000000.data"));
    PatchBank bank = PatchBank.open(folder, PatchBank.MIN_BYTES * 2);
    for (long i = 10; i < 100; i++) {
      bank.put(Patches.key(i), Patches.patch(i));
    }
    assertFalse(Files.exists(folder.resolve("0000000000-00000000.data")));
  }

  @Test
  void noFlippedBitIsHandedOut() throws IOException {
    filled(2);
    Segment segment = Segment.of(folder).getFirst();
    for (Path file : List.of(segment.data(), segment.index())) {
      byte[] good = Files.readAllBytes(file);
      int step = file.equals(segment.data()) ? 153 : 1;
      for (int at = 0; at < good.length; at += step) {
        byte[] bad = good.clone();
        bad[at] ^= (byte) (1 << (at % 8));
        Files.write(file, bad);
        assertWholeOrRefused(PatchBank.open(folder, ROOM));
      }
      Files.write(file, good);
    }
  }

  private static void assertWholeOrRefused(PatchBank bank) throws IOException {
    int whole = 0;
    for (long i = 0; i < 2; i++) {
      try {
        if (bank.get(Patches.key(i)).isPresent()) {
          assertHolds(bank, i);
          whole++;
        }
      } catch (DamagedPatchException e) {
        assertTrue(String.valueOf(e.getMessage()).contains("delete the folder"), e::toString);
      }
    }
    assertEquals(1, whole);
  }

  @Test
  void aDamagedPatchCountsAsAbsentAndIsPutAnew() throws IOException {
    filled(2);
    Segment segment = Segment.of(folder).getFirst();
    byte[] data = Files.readAllBytes(segment.data());
    data[5] ^= 4;
    Files.write(segment.data(), data);
    PatchBank bank = PatchBank.open(folder, ROOM);
    assertThrows(DamagedPatchException.class, () -> bank.get(Patches.key(0)));
    assertEquals(Optional.empty(), bank.get(Patches.key(0)));
    assertEquals(PatchBank.Offer.ADDED, bank.put(Patches.key(0), Patches.patch(0)));
    assertHolds(bank, 0);
    assertHolds(PatchBank.open(folder, ROOM), 0);
    assertEquals(1, BankReport.of(folder).damagedCount());
  }

  @Test
  void aFolderThatWasDeletedIsFilledAgain() throws IOException {
    PatchBank bank = filled(3);
    for (Segment segment : Segment.of(folder)) {
      segment.delete();
    }
    assertEquals(Optional.empty(), bank.get(Patches.key(1)));
    assertEquals(PatchBank.Offer.ADDED, bank.put(Patches.key(1), Patches.patch(1)));
    assertHolds(bank, 1);
  }

  @Test
  void theFolderComesFromTheEnvironmentOrTheRun() {
    Path run = Path.of("/run");
    Path named = Path.of("/fast/disk");
    assertEquals(Path.of("/run/patch_bank"), BankFolder.of(Optional.of(run), Map.of()));
    assertEquals(
        named,
        BankFolder.of(Optional.of(run), Map.of("QWEN3_VL_PATCH_BANK_DIR", named.toString())));
    assertThrows(IllegalArgumentException.class, () -> BankFolder.of(Optional.empty(), Map.of()));
  }

  private static long bytes(Path folder) throws IOException {
    return Patches.bytesOnDisk(folder);
  }
}
