package io.lockstep.gateway.handoff;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.gateway.Checkpoints;
import io.lockstep.gateway.FakeModel;
import io.lockstep.gateway.serving.Batcher;
import io.lockstep.gateway.serving.ModelIdentity;
import io.lockstep.gateway.serving.ServingMemory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HandOffTest {

  private static final Batcher.Listener NOBODY =
      new Batcher.Listener() {
        @Override
        public void onServing(ModelIdentity model) {}

        @Override
        public void onStopped() {}
      };

  @TempDir private Path dir;

  private final Batcher batcher = new Batcher(4, 8, ServingMemory.ofMachine(), NOBODY);
  private final List<Long> opened = new ArrayList<>();
  private final HandOff handOff =
      new HandOff(
          (path, steps) -> {
            opened.add(steps);
            if (Files.exists(path.resolve("unloadable"))) {
              throw new IllegalStateException("a tensor is missing");
            }
            return FakeModel.answering(steps, prompt -> "x");
          },
          batcher);

  @AfterEach
  void close() {
    batcher.close();
  }

  @Test
  void aSoundCheckpointIsAccepted() throws Exception {
    Path checkpoint = Checkpoints.write(dir, 7);
    String manifest = Checkpoints.sha256(checkpoint.resolve("manifest.json"));
    assertEquals(7, ManifestCheck.verify(checkpoint, Optional.of(manifest)));
  }

  @Test
  void everyKindOfDamageIsRefusedAndNamed() throws Exception {
    Path flipped = Checkpoints.write(dir.resolve("flipped"), 7);
    Checkpoints.flip(flipped.resolve("model.safetensors"));
    assertTrue(refusal(flipped).contains("model.safetensors has SHA-256"));

    Path cut = Checkpoints.write(dir.resolve("cut"), 7);
    Files.writeString(cut.resolve("model.safetensors"), "w");
    Files.delete(cut.resolve("config.json"));
    assertTrue(refusal(cut).contains("model.safetensors has 1 bytes, not 17"), refusal(cut));
    assertTrue(refusal(cut).contains("config.json is missing"), refusal(cut));

    Path unfinished = Checkpoints.write(dir.resolve("unfinished"), 7);
    Files.delete(unfinished.resolve("manifest.json"));
    assertTrue(refusal(unfinished).contains("has no manifest.json"));

    Path escaping = Checkpoints.write(dir.resolve("escaping"), 7);
    Path manifest = escaping.resolve("manifest.json");
    Files.writeString(
        manifest, Files.readString(manifest).replace("config.json", "../cut/config.json"));
    assertTrue(refusal(escaping).contains("points outside"));

    Path garbled = Checkpoints.write(dir.resolve("garbled"), 7);
    Files.writeString(garbled.resolve("manifest.json"), "{\"steps\":");
    assertTrue(refusal(garbled).contains("manifest.json can't be read"));

    Path exchanged = Checkpoints.write(dir.resolve("exchanged"), 7);
    String other = "0".repeat(64);
    assertTrue(
        assertThrows(
                ManifestCheck.BrokenCheckpointException.class,
                () -> ManifestCheck.verify(exchanged, Optional.of(other)))
            .toString()
            .contains("the coordinator committed " + other));
  }

  @Test
  void ofSeveralCheckpointsTheNewestIsServed() throws Exception {
    handOff.offer(committed(1));
    handOff.offer(committed(3));
    handOff.offer(committed(2));
    handOff.serveNewest();
    assertEquals(List.of(3L), opened);
    assertEquals(3, served());

    handOff.offer(committed(3));
    handOff.offer(committed(4));
    handOff.serveNewest();
    assertEquals(List.of(3L, 4L), opened);
    assertEquals(4, served());
  }

  @Test
  void aBrokenCheckpointIsRefusedOnceAndTheOldModelStays() throws Exception {
    handOff.offer(committed(1));
    handOff.serveNewest();
    HandOff.Committed flipped = committed(2);
    Checkpoints.flip(flipped.dir().resolve("model.safetensors"));
    HandOff.Committed unloadable = committed(3);
    Files.createFile(unloadable.dir().resolve("unloadable"));
    handOff.offer(flipped);
    handOff.offer(unloadable);
    handOff.serveNewest();
    handOff.serveNewest();

    assertEquals(1, served());
    assertEquals(List.of(1L, 3L), opened);
  }

  @Test
  void whenTheNewestIsBrokenAnOlderOneIsBetterThanNone() throws Exception {
    HandOff.Committed broken = committed(2);
    Checkpoints.flip(broken.dir().resolve("config.json"));
    handOff.offer(committed(1));
    handOff.offer(broken);
    handOff.serveNewest();
    assertEquals(1, served());
  }

  @Test
  void aFolderWithoutManifestIsServedAsItIs() throws Exception {
    Path folder = Checkpoints.write(dir, 9);
    Files.delete(folder.resolve("manifest.json"));
    handOff.serveFolder(folder);
    assertEquals(0, served());
  }

  @Test
  void aFolderThatDiffersFromItsManifestIsRefused() throws Exception {
    Path folder = Checkpoints.write(dir, 9);
    Checkpoints.flip(folder.resolve("config.json"));
    assertThrows(ManifestCheck.BrokenCheckpointException.class, () -> handOff.serveFolder(folder));
    assertTrue(batcher.identity().isEmpty());
  }

  private HandOff.Committed committed(long steps) throws IOException {
    Path checkpoint = dir.resolve("step-" + steps);
    if (!Files.exists(checkpoint)) {
      Checkpoints.write(checkpoint, steps);
    }
    return new HandOff.Committed(
        checkpoint, steps, Checkpoints.sha256(checkpoint.resolve("manifest.json")));
  }

  private long served() {
    return batcher.identity().orElseThrow().steps();
  }

  private static String refusal(Path checkpoint) {
    return assertThrows(
            ManifestCheck.BrokenCheckpointException.class,
            () -> ManifestCheck.verify(checkpoint, Optional.empty()))
        .toString();
  }
}
