package io.lockstep.coordinator.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.lockstep.coordinator.Retention;
import io.lockstep.coordinator.Retention.Candidate;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class RetentionTest {

  /** Losses of the checkpoints at steps 10, 20, ... */
  private static final double[] LOSSES = {3.0, 1.0, 2.0, 1.0, 2.5};

  @TempDir Path run;

  @ParameterizedTest(name = "last {0}, best {1}: deletes {2}")
  @CsvSource({
    "0, 0, ''",
    "1, 0, '10 20 30 40'",
    "2, 0, '10 20 30'",
    "9, 0, ''",
    "1, 1, '10 30 40'",
    "1, 2, '10 30'",
    "2, 1, '10 30'",
    "1, 9, ''",
  })
  void newestAndBestStay(int last, int best, String deleted) {
    List<Long> expected =
        deleted.isEmpty()
            ? List.of()
            : List.of(deleted.split(" ")).stream().map(Long::valueOf).toList();
    assertEquals(expected, new Retention(last, best).superfluous(candidates()));
    assertEquals(expected, new Retention(last, best).superfluous(candidates().reversed()));
  }

  @Test
  void theNewestCertifiedOneStaysBesideNewerOnesThatAreNot() {
    List<Candidate> candidates =
        List.of(
            new Candidate(1, Optional.of(0.5), false),
            new Candidate(2, Optional.of(1.0)),
            new Candidate(3, Optional.of(2.0)),
            new Candidate(4, Optional.of(0.1), false),
            new Candidate(5, Optional.of(0.1), false));
    assertEquals(List.of(1L, 2L, 4L), new Retention(1, 0).superfluous(candidates));
    assertEquals(List.of(1L, 4L), new Retention(1, 1).superfluous(candidates));
  }

  @Test
  void aLossThatIsUnknownOrNoNumberIsNotGood() {
    List<Candidate> candidates =
        List.of(
            new Candidate(1, Optional.of(Double.NaN)),
            new Candidate(2, Optional.empty()),
            new Candidate(3, Optional.of(9.0)),
            new Candidate(4, Optional.of(10.0)));
    assertEquals(List.of(1L, 2L), new Retention(1, 1).superfluous(candidates));
  }

  @Test
  void whatIsSuperfluousLeavesTheDisk() throws Exception {
    CheckpointFolders folders =
        new CheckpointFolders(run, 0, CheckpointFolders.UsableSpace.OF_DISK);
    for (int i = 0; i < LOSSES.length; i++) {
      var _ = WrittenCheckpoints.write(folders, 10 * (i + 1L), LOSSES[i]);
    }
    assertEquals(List.of(10L, 30L, 40L), folders.retain(new Retention(1, 1), Optional.empty()));
    assertEquals(List.of(), folders.retain(new Retention(1, 1), Optional.empty()));
    try (var entries = Files.list(run.resolve("checkpoints"))) {
      assertEquals(
          List.of(".run", "step-00000020", "step-00000050"),
          entries.map(path -> path.getFileName().toString()).sorted().toList());
    }
  }

  private static List<Candidate> candidates() {
    List<Candidate> candidates = new ArrayList<>();
    for (int i = 0; i < LOSSES.length; i++) {
      candidates.add(new Candidate(10 * (i + 1L), Optional.of(LOSSES[i])));
    }
    return candidates;
  }
}
