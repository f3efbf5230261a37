package io.lockstep.worker.tuning;

import io.lockstep.data.conversation.Content;
import io.lockstep.data.conversation.Conversation;
import io.lockstep.data.conversation.Message;
import io.lockstep.data.conversation.Role;
import io.lockstep.data.dataset.Dataset;
import io.lockstep.data.fusion.DatasetConfig;
import io.lockstep.data.jsonl.DataException;
import io.lockstep.data.record.DataObject;
import io.lockstep.data.record.ImageRecord;
import io.lockstep.model.checkpoint.Tuning;
import io.lockstep.model.config.InvalidConfigException;
import io.lockstep.model.detection.DetectionConfig;
import io.lockstep.model.detection.DetectionFile;
import io.lockstep.worker.config.DetectionSection;
import io.lockstep.worker.config.ModelSection;
import io.lockstep.worker.config.RunConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Decides which detection head a run trains. What a recipe says, what the model has and what the
 * data holds must agree, both ways.
 */
final class DetectionPlan {

  /**
   * What the training data holds.
   *
   * @param captions of all objects, in order
   * @param most objects of a record
   * @param where a record that has so many stands
   * @param system the system message of the first record with objects
   */
  private record Found(SortedSet<String> captions, int most, String where, String system) {}

  private DetectionPlan() {}

  /**
   * The head that the run's model gets.
   *
   * @return none if it has one that goes on to be trained, or shall have none
   * @throws InvalidConfigException naming what does not agree
   */
  static Optional<Tuning.NewHead> of(RunConfig run) throws IOException {
    Path model = run.model().model();
    Optional<DetectionConfig> stored = DetectionFile.read(model);
    Optional<DetectionSection> section = run.custom().activeDetection();
    if (section.isEmpty()) {
      if (stored.isPresent()) {
        throw refused(
            model,
            "describes a detection head, but custom.detection_enabled is false, which would leave the head as it is while the model below it changes: set it to true, or start from a model without a head");
      }
      return Optional.empty();
    }
    Found found = found(run, section.get());
    if (found.captions().isEmpty()) {
      throw refused(
          model,
          "custom.detection_enabled is true, but no record of %s has an object: give records with objects, or set it to false"
              .formatted(run.datasets().stream().map(DatasetConfig::trainJsonl).toList()));
    }
    if (found.most() > section.get().numQueries()) {
      throw refused(
          model,
          "%s has %d objects, more than custom.detection.num_queries (%d): raise it"
              .formatted(found.where(), found.most(), section.get().numQueries()));
    }
    if (found.captions().size() > DetectionConfig.MOST_CAPTIONS) {
      throw refused(
          model,
          "the training data has %d captions, more than %d: set custom.detection.captions to class, or rename classes with preprocessors"
              .formatted(found.captions().size(), DetectionConfig.MOST_CAPTIONS));
    }
    if (stored.isEmpty() || run.model().weights() == ModelSection.Weights.INITIALISE) {
      DetectionConfig head = section.get().head(List.copyOf(found.captions()), found.system());
      return Optional.of(new Tuning.NewHead(head, run.seed()));
    }
    requireSame(model, stored.get(), section.get(), found);
    return Optional.empty();
  }

  private static void requireSame(
      Path model, DetectionConfig stored, DetectionSection section, Found found) {
    DetectionConfig wanted = section.head(stored.captions(), stored.system());
    if (!wanted.equals(stored)) {
      throw refused(
          model,
          "holds a head of %d queries, %d layers, %d heads and width %d, but custom.detection asks for %d, %d, %d and %d: a head that was trained keeps its sizes"
              .formatted(
                  stored.queries(),
                  stored.layers(),
                  stored.heads(),
                  stored.width(),
                  wanted.queries(),
                  wanted.layers(),
                  wanted.heads(),
                  wanted.width()));
    }
    found.captions().removeAll(stored.captions());
    if (!found.captions().isEmpty()) {
      throw refused(
          model,
          "holds a head that does not know %d captions of the training data, for example '%s': captions are a closed list, so rename them with preprocessors, or start from a model without a head"
              .formatted(found.captions().size(), found.captions().first()));
    }
  }

  private static InvalidConfigException refused(Path model, String problem) {
    return new InvalidConfigException(model.resolve(DetectionFile.FILE_NAME), List.of(problem));
  }

  /** Reads all records; those that can't be read are somebody else's to report. */
  private static Found found(RunConfig run, DetectionSection section) {
    SortedSet<String> captions = new TreeSet<>();
    int most = 0;
    String where = "";
    Optional<String> system = Optional.empty();
    for (DatasetConfig member : run.datasets()) {
      try (Dataset dataset =
          member.open(member.trainJsonl(), run.prompts().prompts(), run.custom().emitNorm())) {
        for (long i = 0; i < run.custom().records(dataset.size()); i++) {
          List<DataObject> objects = objects(dataset, i);
          objects.forEach(object -> captions.add(section.captions().of(object.desc())));
          if (system.isEmpty() && !objects.isEmpty()) {
            system = Optional.of(system(dataset.promptOnly(0, i)));
          }
          if (objects.size() > most) {
            most = objects.size();
            where = dataset.origin(i).toString();
          }
        }
      }
    }
    return new Found(captions, most, where, system.orElse(""));
  }

  private static String system(Conversation question) {
    Message first = question.messages().getFirst();
    return first.role() == Role.SYSTEM
        ? first.contents().stream()
            .map(content -> content instanceof Content.Text(String text) ? text : "")
            .collect(Collectors.joining())
        : "";
  }

  private static List<DataObject> objects(Dataset dataset, long index) {
    try {
      return dataset.read(index) instanceof ImageRecord image ? image.objects() : List.of();
    } catch (DataException e) {
      return List.of();
    }
  }
}
