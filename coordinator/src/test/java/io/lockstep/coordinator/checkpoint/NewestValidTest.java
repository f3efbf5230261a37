package io.lockstep.coordinator.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.coordinator.CommittedCheckpoint;
import io.lockstep.coordinator.checkpoint.CheckpointFolders.Choice;
import io.lockstep.coordinator.checkpoint.CheckpointFolders.Rejected;
import io.lockstep.coordinator.machine.CheckpointAttempt;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a run that starts again makes of the checkpoints it finds. */
final class NewestValidTest {

  @TempDir Path temporary;
  private CheckpointFolders folders =
      new CheckpointFolders(Path.of(""), 0, CheckpointFolders.UsableSpace.OF_DISK);
  private Path newest = Path.of("");

  @BeforeEach
  void writeTwo() throws IOException {
    folders = folders("run");
    var _ = WrittenCheckpoints.write(folders, 10, 2.0);
    newest = WrittenCheckpoints.write(folders, 20, 1.0).dir();
  }

  private CheckpointFolders folders(String run) {
    return new CheckpointFolders(temporary.resolve(run), 0, CheckpointFolders.UsableSpace.OF_DISK);
  }

  @Test
  void theNewestIsChosenIfEveryByteIsRight() {
    Choice choice = folders("run").newestValid(Map.of());
    assertEquals(20, choice.chosen().orElseThrow().steps());
    assertEquals(Optional.of(1.0), choice.chosen().orElseThrow().meanLoss());
    assertEquals(List.of(), choice.rejected());
  }

  @Test
  void aFlippedBitIsFound() throws IOException {
    Path file = newest.resolve(WrittenCheckpoints.MODEL);
    byte[] bytes = Files.readAllBytes(file);
    bytes[1234] ^= 4;
    Files.write(file, bytes);
    assertRejected("model.safetensors has SHA-256 ");
  }

  @Test
  void aTruncatedFileIsFound() throws IOException {
    Path file = newest.resolve(WrittenCheckpoints.VALUES);
    Files.write(file, new byte[17]);
    assertRejected("alignment/values.safetensors has 17 bytes, not 4096");
  }

  @Test
  void aMissingFileIsFound() throws IOException {
    Files.delete(newest.resolve(WrittenCheckpoints.MODEL));
    assertRejected("model.safetensors is missing");
  }

  @Test
  void aFileNobodyWroteIsFound() throws IOException {
    Files.writeString(newest.resolve("alignment/extra"), "1");
    assertRejected("alignment/extra is not in manifest.json");
  }

  @Test
  void aMissingManifestIsFound() throws IOException {
    Files.delete(newest.resolve("manifest.json"));
    assertRejected("manifest.json is missing: the checkpoint was not written to its end");
  }

  @Test
  void aTornManifestIsFound() throws IOException {
    Path manifest = newest.resolve("manifest.json");
    String text = Files.readString(manifest);
    Files.writeString(manifest, text.substring(0, text.length() / 2));
    assertRejected("manifest.json can't be read: ");
    Files.writeString(manifest, "null");
    assertRejected("manifest.json lacks \"steps\" or \"files\"");
  }

  @Test
  void aManifestThatPointsElsewhereIsRefused() throws IOException {
    Path manifest = newest.resolve("manifest.json");
    Files.writeString(
        manifest, Files.readString(manifest).replace(WrittenCheckpoints.MODEL, "../../../secret"));
    assertRejected("../../../secret points outside of the checkpoint");
  }

  @Test
  void theManifestOfAnotherStepIsRefused() throws IOException {
    Files.copy(
        temporary.resolve("run/checkpoints/step-00000010/manifest.json"),
        newest.resolve("manifest.json"),
        java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    assertRejected("manifest.json is that of step 10, not of step 20");
  }

  @Test
  void theCheckpointOfAnotherRunIsRefused() throws IOException {
    CommittedCheckpoint foreign = WrittenCheckpoints.write(folders("other"), 30, 0.1);
    Path moved = temporary.resolve("run/checkpoints/step-00000030");
    Files.move(foreign.dir(), moved);
    Choice choice = folders("run").newestValid(Map.of());
    assertEquals(20, choice.chosen().orElseThrow().steps());
    Rejected rejected = choice.rejected().getFirst();
    assertEquals(moved, rejected.dir());
    assertTrue(rejected.problem().contains("manifest.json is that of run "), rejected.problem());
  }

  @Test
  void aManifestOtherThanTheJournalsIsRefused() {
    Choice choice = folders("run").newestValid(Map.of(20L, "0".repeat(64)));
    assertEquals(10, choice.chosen().orElseThrow().steps());
    assertTrue(
        choice.rejected().getFirst().problem().contains("the run registered 0000"),
        choice.rejected().getFirst().problem());
  }

  @Test
  void whatIsDamagedIsSetAsideAndTheStepCanBeWrittenAgain() throws IOException {
    Files.delete(newest.resolve(WrittenCheckpoints.MODEL));
    CheckpointFolders again = folders("run");
    Path aside = again.setAside(again.newestValid(Map.of()).rejected().getFirst());
    assertEquals("damaged-step-00000020", aside.getFileName().toString());
    assertEquals(newest, WrittenCheckpoints.write(again, 20, 1.0).dir());
    Files.delete(newest.resolve(WrittenCheckpoints.MODEL));
    aside = again.setAside(again.newestValid(Map.of()).rejected().getFirst());
    assertEquals("damaged-step-00000020-2", aside.getFileName().toString());
    assertEquals(10, again.newestValid(Map.of()).chosen().orElseThrow().steps());
  }

  @Test
  void whatADeadCoordinatorLeftBehindIsRemovedAndTold() throws IOException {
    Path partial = folders.prepare(new CheckpointAttempt(30, 1));
    Files.writeString(partial.resolve("half"), "1");
    Path old = Files.createDirectory(newest.resolveSibling(".step-00000005.partial"));
    Path deleting = Files.createDirectory(newest.resolveSibling(".step-00000005.0a.deleting"));
    List<String> notices = folders("run").removeLeftovers();
    assertEquals(3, notices.size());
    for (Path path : List.of(partial, old, deleting)) {
      assertFalse(Files.exists(path));
      assertTrue(notices.stream().anyMatch(notice -> notice.contains(path.toString())));
    }
    assertEquals(20, folders("run").newestValid(Map.of()).chosen().orElseThrow().steps());
  }

  @Test
  void aRunWithoutCheckpointsHasNone() {
    assertEquals(new Choice(Optional.empty(), List.of()), folders("nothing").newestValid(Map.of()));
  }

  private void assertRejected(String problem) {
    Choice choice = folders("run").newestValid(Map.of());
    assertEquals(10, choice.chosen().orElseThrow().steps());
    Rejected rejected = choice.rejected().getFirst();
    assertEquals(newest, rejected.dir());
    assertTrue(rejected.problem().contains(problem), rejected.problem());
  }
}
