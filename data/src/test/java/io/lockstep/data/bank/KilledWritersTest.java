package io.lockstep.data.bank;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Writers that are killed at random moments leave whole patches only. */
class KilledWritersTest {

  private static final long ROOM = 1L << 20;
  private static final int ROUNDS = Integer.getInteger("bank.kill.rounds", 5);

  @TempDir private Path folder;

  @Test
  void everyPatchIsWholeAfterKills() throws Exception {
    Random random = new Random(5);
    Path dir = folder.resolve("bank");
    for (int round = 0; round < ROUNDS; round++) {
      Process first = writer(dir, 2L * round);
      Process second = writer(dir, 2L * round + 1);
      try {
        awaitChanges(dir, 1 + random.nextInt(120), first, second);
        first.destroyForcibly().waitFor();
        awaitChanges(dir, 1 + random.nextInt(40), second);
        second.destroyForcibly().waitFor();
      } finally {
        first.destroyForcibly();
        second.destroyForcibly();
      }
      assertWholeAndGoesOn(dir, 1_000_000 + round);
    }
  }

  private Process writer(Path dir, long seed) throws IOException {
    return BankProcess.start(
        folder.resolve("log"), "write", dir.toString(), "" + ROOM, "" + seed, "1000000");
  }

  /** Looks at the folder until it was seen to change so often. */
  private void awaitChanges(Path dir, int changes, Process... writers) throws Exception {
    long seen = -1;
    for (int left = changes; left > 0; ) {
      for (Process writer : writers) {
        assertTrue(writer.isAlive(), () -> "a writer has ended: " + log());
      }
      long now = fingerprint(dir);
      if (now != seen) {
        seen = now;
        left--;
      }
    }
  }

  private static long fingerprint(Path dir) throws IOException {
    long sum = 0;
    for (Segment segment : Segment.of(dir)) {
      try {
        sum = sum * 31 + segment.number() * 1_000_003 + Files.size(segment.index());
      } catch (NoSuchFileException e) {
        sum++;
      }
    }
    return sum;
  }

  private String log() {
    try {
      return Files.readString(folder.resolve("log"));
    } catch (IOException e) {
      return e.toString();
    }
  }

  private static void assertWholeAndGoesOn(Path dir, long number) throws IOException {
    assertEquals(0, BankReport.of(dir).damagedCount());
    for (Segment segment : Segment.of(dir)) {
      for (IndexEntry entry : segment.entries(0).entries()) {
        Patch patch = segment.patch(entry);
        Patch expected = Patches.patch(patch.origin().line() - 1);
        assertEquals(Patches.key(patch.origin().line() - 1), entry.key());
        assertEquals(expected.objects(), patch.objects());
        assertArrayEquals(expected.pixels().rgb(), patch.pixels().rgb());
      }
    }
    PatchBank bank = PatchBank.open(dir, ROOM);
    assertTrue(bank.size() > 0);
    assertEquals(PatchBank.Offer.ADDED, bank.put(Patches.key(number), Patches.patch(number)));
    assertTrue(PatchBank.open(dir, ROOM).get(Patches.key(number)).isPresent());
    assertTrue(Patches.bytesOnDisk(dir) <= ROOM, "more bytes than permitted");
  }
}
