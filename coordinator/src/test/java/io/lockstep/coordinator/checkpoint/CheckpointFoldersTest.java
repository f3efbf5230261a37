package io.lockstep.coordinator.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.coordinator.CommittedCheckpoint;
import io.lockstep.coordinator.RunRefusedException;
import io.lockstep.coordinator.machine.CheckpointAttempt;
import io.lockstep.coordinator.machine.Event.CheckpointFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class CheckpointFoldersTest {
  private static final String SHA = "0123456789abcdef".repeat(4);

  @TempDir Path run;

  @Test
  void completeCheckpointHasItsFilesAManifestAndTheFinalName() throws Exception {
    CheckpointFolders folders =
        new CheckpointFolders(run, 0, CheckpointFolders.UsableSpace.OF_DISK);
    Path partial = folders.prepare(new CheckpointAttempt(120, 1));
    assertEquals(run.resolve("checkpoints"), partial.getParent());
    assertTrue(
        partial.getFileName().toString().matches("\\.step-00000120\\.[0-9a-f]{8}\\.partial"),
        partial.toString());
    Files.writeString(partial.resolve("a.json"), "{}");
    Files.createDirectory(partial.resolve("sub"));
    Files.writeString(partial.resolve("sub/b.bin"), "12345");
    CommittedCheckpoint checkpoint =
        folders.complete(
            new CheckpointAttempt(120, 1),
            List.of(new CheckpointFile("a.json", 2, SHA), new CheckpointFile("sub/b.bin", 5, SHA)),
            true,
            Optional.of(0.5));
    Path target = run.resolve("checkpoints/step-00000120");
    byte[] manifest = Files.readAllBytes(target.resolve("manifest.json"));
    String digest = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(manifest));
    assertEquals(new CommittedCheckpoint(120, target, digest, 7, true), checkpoint);
    assertEquals(
        """
        {
          "steps" : 120,
          "run" : "%2$s",
          "mean_loss" : 0.5,
          "files" : [ {
            "path" : "a.json",
            "bytes" : 2,
            "sha256" : "%1$s"
          }, {
            "path" : "sub/b.bin",
            "bytes" : 5,
            "sha256" : "%1$s"
          } ]
        }
        """
            .formatted(SHA, Files.readString(run.resolve("checkpoints/.run")).strip()),
        Files.readString(target.resolve("manifest.json")));
    assertFalse(Files.exists(partial));
  }

  @Test
  void missingWrongSizedAndUnreportedFilesAreAllNamed() throws Exception {
    CheckpointFolders folders =
        new CheckpointFolders(run, 0, CheckpointFolders.UsableSpace.OF_DISK);
    Path partial = folders.prepare(new CheckpointAttempt(3, 1));
    Files.writeString(partial.resolve("short"), "1");
    Files.writeString(partial.resolve("stray"), "1");
    MisreportedException refusal =
        assertThrows(
            MisreportedException.class,
            () ->
                folders.complete(
                    new CheckpointAttempt(3, 1),
                    List.of(
                        new CheckpointFile("gone", 1, SHA), new CheckpointFile("short", 9, SHA)),
                    false));
    assertEquals(
        "the checkpoint at step 3 is not as the workers reported it: gone is missing, short has 1 bytes, 9 were reported, stray was reported by no worker",
        refusal.reason());
    assertEquals(List.of("gone", "short"), refusal.paths());
    assertFalse(Files.exists(run.resolve("checkpoints/step-00000003")));
  }

  @Test
  void fullDiskIsToldBeforeAnythingIsWritten() throws Exception {
    CheckpointFolders folders = new CheckpointFolders(run, 20_000_001, _ -> 10_485_760);
    RunRefusedException refusal =
        assertThrows(RunRefusedException.class, () -> folders.prepare(new CheckpointAttempt(7, 1)));
    assertEquals(
        "no room for the checkpoint at step 7: "
            + run.resolve("checkpoints")
            + " has 10 MiB free, 20 MiB are needed; free some space or choose an --out on another disk",
        refusal.reason());
    assertEquals(List.of(), list(run.resolve("checkpoints")));
  }

  @Test
  void nextCheckpointNeedsTheRoomOfTheOneBefore() throws Exception {
    CheckpointFolders folders = new CheckpointFolders(run, 0, _ -> 4);
    Path partial = folders.prepare(new CheckpointAttempt(1, 1));
    Files.writeString(partial.resolve("a"), "12345");
    CommittedCheckpoint first =
        folders.complete(
            new CheckpointAttempt(1, 1), List.of(new CheckpointFile("a", 5, SHA)), false);
    assertEquals(5, first.bytes());
    RunRefusedException refusal =
        assertThrows(RunRefusedException.class, () -> folders.prepare(new CheckpointAttempt(2, 1)));
    assertTrue(refusal.reason().startsWith("no room for the checkpoint at step 2"));
  }

  @Test
  void discardedCheckpointLeavesNothing() throws Exception {
    CheckpointFolders folders =
        new CheckpointFolders(run, 0, CheckpointFolders.UsableSpace.OF_DISK);
    Path partial = folders.prepare(new CheckpointAttempt(1, 1));
    Files.createDirectory(partial.resolve("sub"));
    Files.writeString(partial.resolve("sub/b"), "1");
    folders.discard(new CheckpointAttempt(1, 1));
    folders.discard(new CheckpointAttempt(1, 1));
    assertEquals(List.of(), list(run.resolve("checkpoints")));
  }

  @Test
  void everyAttemptHasAFolderOfItsOwn() throws Exception {
    CheckpointFolders folders =
        new CheckpointFolders(run, 0, CheckpointFolders.UsableSpace.OF_DISK);
    Path first = folders.prepare(new CheckpointAttempt(1, 1));
    folders.discard(new CheckpointAttempt(1, 1));
    Path second = folders.prepare(new CheckpointAttempt(1, 1));
    assertFalse(first.equals(second));
    Files.writeString(second.resolve("a"), "12345");
    assertThrows(IOException.class, () -> Files.writeString(first.resolve("b"), "late"));
    assertEquals(
        run.resolve("checkpoints/step-00000001"),
        folders
            .complete(new CheckpointAttempt(1, 1), List.of(new CheckpointFile("a", 5, SHA)), false)
            .dir());
  }

  @Test
  void checkpointThatExistsIsNotOverwritten() throws Exception {
    Files.createDirectories(run.resolve("checkpoints/step-00000001"));
    CheckpointFolders folders =
        new CheckpointFolders(run, 0, CheckpointFolders.UsableSpace.OF_DISK);
    RunRefusedException refusal =
        assertThrows(RunRefusedException.class, () -> folders.prepare(new CheckpointAttempt(1, 1)));
    assertTrue(refusal.reason().contains("exists already"), refusal.reason());
  }

  private static List<Path> list(Path folder) throws IOException {
    try (var entries = Files.list(folder)) {
      return entries.sorted().toList();
    }
  }
}
