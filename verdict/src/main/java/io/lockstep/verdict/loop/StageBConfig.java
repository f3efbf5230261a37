package io.lockstep.verdict.loop;

import io.lockstep.config.Checked;
import io.lockstep.config.ConfigException;
import io.lockstep.config.ConfigReader;
import io.lockstep.config.JsonSchema;
import io.lockstep.config.Key;
import io.lockstep.config.Place;
import io.lockstep.config.ReferencePage;
import io.lockstep.config.Vocabulary;
import io.lockstep.config.YamlText;
import io.lockstep.verdict.reflection.ReflectionSection;
import io.lockstep.verdict.rollout.RolloutSection;
import io.lockstep.verdict.selection.SelectionSection;
import io.lockstep.verdict.trial.TrialSection;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What {@code stage_b.yaml} may say.
 *
 * @param output folder with a folder for each mission, in which runs lie by their names
 * @param domain file of what all missions have in common
 * @param seed all that is drawn follows from it
 * @param epochs times that the learning tickets are judged
 * @param loggingSteps tickets of a line of metrics
 * @param missions what is inspected
 * @param rollout how candidates are made
 * @param selection how candidates become a verdict
 * @param reflection how a model is asked what to change
 * @param trial when a change is taken
 * @param review what people are asked
 */
public record StageBConfig(
    @Key("Folder with a folder for each mission, in which runs lie by their names.") Path output,
    @Key(value = "File of what all missions have in common.", mustExist = true) Path domain,
    @Key(value = "All that is drawn follows from it.", otherwise = "17") long seed,
    @Key(value = "Times that the learning tickets are judged.", otherwise = "3", min = 1)
        int epochs,
    @Key(value = "Tickets of a line of metrics.", otherwise = "16", min = 1) int loggingSteps,
    @Key(value = "What is inspected.", min = 1) List<Mission> missions,
    @Key("How candidates are made.") RolloutSection rollout,
    @Key("How candidates become a verdict.") SelectionSection selection,
    @Key("How a model is asked what to change, once labels are seen.") ReflectionSection reflection,
    @Key("When a proposed change is taken.") TrialSection trial,
    @Key("What people are asked, and what they have said.") ReviewSection review)
    implements Checked {

  private static final String INTRODUCTION =
      """
      # Keys of `stage_b.yaml`

      What `lockstep stage-b run` reads ([the verdict loop](stage-b.md)). `lockstep stage-b reference` prints this page. Relative paths are
      relative to the file's folder; `extends` works as in [recipes](recipe.md#extends). [configs/stage_b.yaml](../configs/stage_b.yaml) is
      commented.
      """;

  public StageBConfig {
    missions = List.copyOf(missions);
  }

  /**
   * A mission.
   *
   * @param guidance file of the guidance that the first run begins with
   * @param stageA Stage-A's output
   */
  public record Mission(
      @Key(value = "File of the guidance that the first run begins with.", mustExist = true)
          Path guidance,
      @Key(value = "Stage-A's output, whose labels are learned from.") Path stageA) {}

  /**
   * Reads a file over those that it extends.
   *
   * @throws ConfigException with every problem
   */
  public static StageBConfig read(Path file) throws IOException, ConfigException {
    return ConfigReader.read(
        StageBConfig.class,
        YamlText.written(file),
        ConfigReader.Origin.of(file, Optional.empty()),
        Vocabulary.NONE);
  }

  /** Every key as a page in Markdown. */
  public static String reference() {
    return ReferencePage.of(StageBConfig.class, INTRODUCTION, false);
  }

  /** The JSON Schema. */
  public static String schema() {
    return JsonSchema.of(StageBConfig.class, "stage_b.yaml of Lockstep");
  }

  @Override
  public void check(Place section) {
    Set<Path> seen = new HashSet<>();
    for (int i = 0; i < missions.size(); i++) {
      if (!seen.add(missions.get(i).guidance())) {
        section.at("missions").at(i).at("guidance").problem("is that of another mission, too");
      }
    }
  }
}
