package io.lockstep.gateway.serving;

import com.fasterxml.jackson.databind.JsonNode;
import io.lockstep.config.ConfigException;
import io.lockstep.config.ConfigReader;
import io.lockstep.config.Vocabulary;
import io.lockstep.config.YamlText;
import io.lockstep.data.dataset.EmitNorm;
import io.lockstep.data.fusion.DatasetConfig;
import io.lockstep.data.fusion.DatasetTemplate;
import io.lockstep.data.fusion.TrainedTasks;
import io.lockstep.data.fusion.TrainedTasks.Lesson;
import io.lockstep.data.prompt.PromptConfig;
import io.lockstep.data.prompt.PromptTexts;
import io.lockstep.data.prompt.Prompts;
import io.lockstep.model.checkpoint.AdapterBase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What a checkpoint was trained to do with pictures and in which words, as its {@code run.yaml}
 * tells: sections {@code prompts} and {@code data}, and {@code custom.emit_norm}. Serving,
 * evaluation and the check of certificates ask with what is read here.
 */
public final class CheckpointPrompts {

  private static final String RUN_CONFIG = "run.yaml";

  /** The label of the only dataset of a run without a fusion. */
  private static final String ONLY = "train";

  private CheckpointPrompts() {}

  /**
   * Reads it of a checkpoint, an adapter's run or else that of its base model; nothing is known if
   * there is no {@code run.yaml}, which is so if no run of ours wrote it, or if it names no data.
   *
   * @throws IOException naming the file, if it is there and can't be understood
   */
  public static TrainedTasks read(Path checkpoint) throws IOException {
    Path own = checkpoint.resolve(RUN_CONFIG);
    Path file = Files.exists(own) ? own : AdapterBase.modelOf(checkpoint).resolve(RUN_CONFIG);
    return Files.exists(file) ? parse(file) : TrainedTasks.unknown();
  }

  private static TrainedTasks parse(Path file) throws IOException {
    try {
      String yaml = YamlText.of(file);
      Prompts run =
          ConfigReader.readSection(
                  PromptConfig.class,
                  yaml,
                  new ConfigReader.Origin(file.toString(), file.resolveSibling(""), true),
                  List.of("/prompts"),
                  Vocabulary.NONE)
              .map(PromptConfig::prompts)
              .orElseGet(Prompts::defaults);
      JsonNode recipe = YamlText.parse(yaml, file.toString());
      String norm = recipe.at("/custom/emit_norm").asText(EmitNorm.NORM1000.label());
      return new TrainedTasks(run, EmitNorm.of(norm), lessons(recipe, run));
    } catch (ConfigException e) {
      throw new IOException(e.getMessage(), e);
    } catch (IllegalArgumentException e) {
      throw new IOException(file + ": " + e.getMessage(), e);
    }
  }

  private static Optional<List<Lesson>> lessons(JsonNode recipe, Prompts run) {
    JsonNode data = recipe.path("data");
    List<Lesson> lessons = new ArrayList<>();
    if (learnsTheHeadAlone(recipe)) {
      return Optional.empty();
    }
    if (data.path("fusion").isObject()) {
      for (String list : List.of("targets", "sources")) {
        JsonNode datasets = data.path("fusion").path(list);
        for (int i = 0; i < datasets.size(); i++) {
          lessons.add(
              lesson(
                  "data.fusion.%s[%d]".formatted(list, i),
                  datasets.get(i).path("name").asText(),
                  datasets.get(i),
                  run));
        }
      }
    } else if (data.path("template").isTextual()) {
      lessons.add(lesson("data", ONLY, data, run));
    }
    return lessons.isEmpty() ? Optional.empty() : Optional.of(lessons);
  }

  /** Whether the model was left as it was beside its detection head: it can do what it could. */
  private static boolean learnsTheHeadAlone(JsonNode recipe) {
    return recipe.at("/custom/detection_enabled").asBoolean()
        && Stream.of("llm", "vit", "aligner")
            .allMatch(part -> recipe.at("/tuner/freeze_" + part).asBoolean());
  }

  private static Lesson lesson(String place, String name, JsonNode dataset, Prompts run) {
    String known = dataset.path("template").asText();
    DatasetTemplate template =
        Arrays.stream(DatasetTemplate.values())
            .filter(each -> each.name().toLowerCase(Locale.ROOT).equals(known))
            .findFirst()
            .orElseThrow(() ->
                new IllegalArgumentException(
                    "%s.template is '%s', which is none of %s: the checkpoint is of a newer version, or the file was changed"
                        .formatted(place, known, Arrays.toString(DatasetTemplate.values()))));
    double denseRatio =
        dataset.path("dense_ratio").asDouble(Double.parseDouble(DatasetConfig.DENSE_RATIO));
    return Lesson.of(
        name,
        template,
        denseRatio,
        new PromptTexts(text(dataset, "system"), text(dataset, "user")),
        run);
  }

  private static Optional<String> text(JsonNode dataset, String key) {
    return Optional.ofNullable(dataset.path(key).textValue());
  }
}
