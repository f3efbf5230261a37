package io.lockstep.collective.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SharedRingTest {

  private static final String NAME = "lockstep-0123456789abcdef0123456789abcdef";

  @Test
  void bothEndsSeeTheSameBytesAfterTheNameIsGone() throws IOException {
    assumeTrue(SharedRing.isAvailable());
    SharedRing ring = SharedRing.create();
    SharedRing other = SharedRing.open(ring.offer()).orElseThrow();
    ring.unlink();
    assertEquals(Optional.empty(), SharedRing.open(ring.offer()));
    ring.place(11, 100).fill((byte) 5);
    assertEquals(-1, ring.place(3, 100).mismatch(other.place(11, 100)));
    ring.close();
    other.close();
  }

  @Test
  void anotherSecretDoesNotOpenIt() throws IOException {
    assumeTrue(SharedRing.isAvailable());
    SharedRing ring = SharedRing.create();
    byte[] offer = ring.offer();
    offer[offer.length - 1] = (byte) (offer[offer.length - 1] == '0' ? '1' : '0');
    assertEquals(Optional.empty(), SharedRing.open(offer));
    ring.unlink();
    ring.close();
  }

  @Test
  void offersOfOtherFilesAreRefused() {
    for (String wrong : List.of("../etc/passwd 00", "lockstep-1 00", NAME, NAME + "/x 00", "")) {
      byte[] offer = wrong.getBytes(StandardCharsets.US_ASCII);
      assertThrows(IOException.class, () -> SharedRing.open(offer));
    }
  }

  @Test
  void whatKilledProcessesLeftIsRemovedAndNothingElse(@TempDir Path folder) throws IOException {
    FileTime old = FileTime.from(Instant.now().minus(Duration.ofHours(1)));
    Path stale = Files.createFile(folder.resolve(NAME));
    Path foreign = Files.createFile(folder.resolve("lockstep-notes.txt"));
    Files.setLastModifiedTime(stale, old);
    Files.setLastModifiedTime(foreign, old);
    Path fresh = Files.createFile(folder.resolve(NAME.replace('0', 'f')));
    SharedRing.removeStale(folder);
    assertFalse(Files.exists(stale));
    assertTrue(Files.exists(foreign));
    assertTrue(Files.exists(fresh));
    try (Stream<Path> left = Files.list(folder)) {
      assertEquals(2, left.count());
    }
  }
}
