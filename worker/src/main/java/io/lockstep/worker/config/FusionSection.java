package io.lockstep.worker.config;

import com.fasterxml.jackson.databind.JsonNode;
import io.lockstep.config.ConfigException;
import io.lockstep.config.YamlText;
import io.lockstep.data.fusion.DatasetConfig;
import io.lockstep.data.fusion.DatasetTemplate;
import io.lockstep.data.fusion.FusionConfig;
import io.lockstep.data.preprocess.Preprocessing;
import io.lockstep.data.prompt.PromptTexts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads {@code data.fusion}: a mapping, or the path of a YAML file that holds one. */
final class FusionSection {

  private static final long MAX_FILE_BYTES = 1 << 20;
  private static final double MIN_RATIO = 1e-9;
  private static final double MAX_RATIO = 1e6;
  private static final int MAX_OBJECTS = 1 << 20;
  private static final String PREPROCESSORS = "preprocessors";

  /** Names become keys of metrics and parts of messages. */
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_.-]{0,63}");

  private FusionSection() {}

  /** Which kind of datasets a list holds. */
  private enum Role {
    TARGET(1.0, 0, true),
    SOURCE(null, DatasetConfig.SOURCE_MAX_OBJECTS, false);

    private final @Nullable Double ratio;
    private final int maxObjects;
    private final boolean augmented;

    Role(@Nullable Double ratio, int maxObjects, boolean augmented) {
      this.ratio = ratio;
      this.maxObjects = maxObjects;
      this.augmented = augmented;
    }
  }

  /**
   * Reads the fusion of a {@code data} section.
   *
   * @param runSeed seed of what names none
   */
  static FusionConfig read(Section data, Path folder, long runSeed) {
    if (!data.isText("fusion")) {
      return fusion(data.section("fusion"), folder, runSeed);
    }
    Path file = folder.resolve(data.string("fusion", null)).normalize();
    try {
      if (Files.size(file) > MAX_FILE_BYTES) {
        data.problem("fusion", "names %s, which is larger than 1 MiB".formatted(file));
      } else {
        JsonNode tree = YamlText.parse(YamlText.of(file), file.toString());
        return fusion(data.other("fusion", file, tree), file.resolveSibling(""), runSeed);
      }
    } catch (ConfigException e) {
      data.problem("fusion", "names a file that is no YAML: " + e.getMessage());
    } catch (IOException e) {
      data.problem("fusion", "names %s, which can't be read".formatted(file));
    }
    return new FusionConfig(runSeed, List.of(), List.of());
  }

  private static FusionConfig fusion(Section section, Path folder, long runSeed) {
    RemovedOptions.refuse(section);
    long seed = section.longInteger("seed", runSeed, Long.MIN_VALUE, Long.MAX_VALUE);
    Set<String> names = new HashSet<>();
    List<DatasetConfig> targets = datasets(section, "targets", Role.TARGET, folder, seed, names);
    List<DatasetConfig> sources = datasets(section, "sources", Role.SOURCE, folder, seed, names);
    if (targets.isEmpty()) {
      section.problem("targets", "must hold at least one dataset: the quotas follow from them");
    }
    section.finish();
    return new FusionConfig(seed, targets, sources);
  }

  private static List<DatasetConfig> datasets(
      Section fusion, String key, Role role, Path folder, long seed, Set<String> names) {
    List<DatasetConfig> datasets = new ArrayList<>();
    for (Section section : fusion.sections(key)) {
      DatasetConfig dataset = dataset(section, role, folder, seed);
      if (!dataset.name().isEmpty() && !names.add(dataset.name())) {
        section.problem("name", "'%s' is that of another dataset".formatted(dataset.name()));
      }
      datasets.add(dataset);
    }
    return datasets;
  }

  private static DatasetConfig dataset(Section section, Role role, Path folder, long seed) {
    RemovedOptions.refuse(section);
    String name = section.string("name", null);
    if (!name.isEmpty() && !NAME.matcher(name).matches()) {
      section.problem(
          "name", "must be letters, digits, '_', '.' and '-', at most 64, not '" + name + "'");
    }
    DatasetTemplate template = section.choice("template", null, DatasetTemplate.class);
    boolean augmented = section.bool("augmentation_enabled", role.augmented);
    DatasetConfig dataset =
        new DatasetConfig(
            name,
            RunConfig.existing(section, "train_jsonl", folder),
            section.has("val_jsonl")
                ? Optional.of(RunConfig.existing(section, "val_jsonl", folder))
                : Optional.empty(),
            template,
            section.number("dense_ratio", 0.5, 0, 1),
            section.number("ratio", role.ratio, MIN_RATIO, MAX_RATIO),
            section.longInteger("seed", seed, Long.MIN_VALUE, Long.MAX_VALUE),
            section.bool("sample_without_replacement", true),
            section.integer("max_objects_per_image", role.maxObjects, 0),
            augmented,
            section.bool("curriculum_enabled", augmented),
            preprocessing(section),
            new PromptTexts(section.optionalString("system"), user(section)));
    if (dataset.maxObjects() > MAX_OBJECTS) {
      section.problem("max_objects_per_image", "must be at most " + MAX_OBJECTS + ", 0 for all");
    }
    if (section.has("dense_ratio") && template != DatasetTemplate.MIXED) {
      section.problem("dense_ratio", "needs template: mixed");
    }
    if (dataset.curriculum() && !augmented) {
      section.problem("curriculum_enabled", "needs augmentation_enabled: true");
    }
    section.finish();
    return dataset;
  }

  /** The preprocessors of a dataset. */
  static Preprocessing preprocessing(Section section) {
    return section.has(PREPROCESSORS)
        ? Preprocessing.read(
            section.tree(PREPROCESSORS), section.name(PREPROCESSORS), section.problems())
        : Preprocessing.NONE;
  }

  private static Optional<String> user(Section section) {
    Optional<String> user = section.optionalString("user");
    if (user.isPresent() && user.get().isBlank()) {
      section.problem("user", "is blank; give a text or leave it out for the default");
      return Optional.empty();
    }
    return user;
  }
}
