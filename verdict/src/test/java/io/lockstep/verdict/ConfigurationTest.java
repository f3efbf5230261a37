package io.lockstep.verdict;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.config.ConfigException;
import io.lockstep.data.stageb.RolloutPrompt;
import io.lockstep.verdict.guidance.Domain;
import io.lockstep.verdict.guidance.Guidance;
import io.lockstep.verdict.loop.StageBConfig;
import io.lockstep.verdict.rollout.Rollouts;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The configuration that is checked in, and what wrong ones are told. */
class ConfigurationTest {

  private static final Path REPOSITORY = Path.of("..").toAbsolutePath().normalize();

  @TempDir private Path dir;

  @Test
  void theCheckedInFilesAreReadAndSayTheDefaults() throws Exception {
    StageBConfig config = StageBConfig.read(REPOSITORY.resolve("configs/stage_b.yaml"));
    Guidance guidance = Guidance.read(config.missions().getFirst().guidance());
    List<String> summaries = List.of("螺丝/紧固×2");
    assertEquals(
        RolloutPrompt.of(guidance.mission(), summaries),
        Rollouts.prompt(Domain.read(config.domain()), guidance, summaries),
        "what checkpoints of the sample data were trained with");
    Files.copy(config.domain(), dir.resolve("domain.yaml"));
    Files.copy(config.missions().getFirst().guidance(), dir.resolve("cabinet.yaml"));
    Files.writeString(
        dir.resolve("short.yaml"),
        """
        output: out
        domain: domain.yaml
        missions: [{guidance: cabinet.yaml, stage_a: a.jsonl}]
        rollout: {grid: [{}]}
        """);
    StageBConfig defaults = StageBConfig.read(dir.resolve("short.yaml"));
    assertEquals(defaults.trial(), config.trial());
    assertEquals(defaults.reflection(), config.reflection());
    assertEquals(defaults.review(), config.review());
    assertEquals(defaults.selection(), config.selection());
    assertEquals(defaults.epochs(), config.epochs());
    assertEquals(defaults.loggingSteps(), config.loggingSteps());
  }

  @Test
  void theReferencePageIsUpToDate() throws Exception {
    assertEquals(
        Files.readString(REPOSITORY.resolve("docs/stage-b-keys.md")),
        StageBConfig.reference(),
        "write it anew: ./lockstep stage-b reference > docs/stage-b-keys.md");
  }

  @Test
  void everythingThatIsWrongWithAGuidanceIsTold() throws Exception {
    Path file = dir.resolve("guidance.yaml");
    Files.writeString(
        file,
        """
        mission: 检查
        objects: [螺丝]
        items:
          - {key: G1, text: 待定时看光纤}
          - {key: G1, text: 甲}
          - {key: X1, text: 乙}
        """);
    ConfigException error = assertThrows(ConfigException.class, () -> Guidance.read(file));
    String told = String.join("\n", error.lines());
    for (String part : List.of("third state", "is there twice", "has no G0", "'X1'")) {
      assertTrue(told.contains(part), told);
    }
  }
}
