package io.lockstep.worker.config;

import io.lockstep.config.Key;
import io.lockstep.config.Place;
import io.lockstep.model.network.ModelConfig;
import io.lockstep.model.objective.Activations;
import io.lockstep.model.objective.VisualDistillation.Distance;
import io.lockstep.model.parameter.ParameterSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * What a student learns of how its teacher sees pictures: distances of activations of the vision
 * tower and of what follows it, each a term of its own.
 *
 * @param enabled whether anything is learned of it
 * @param vit the output of the vision tower's last block
 * @param aligner the output of its merger
 * @param deepstack the outputs of DeepStack's mergers
 */
public record VisualKdConfig(
    @Key(value = "Whether anything is learned of it.", otherwise = "true") boolean enabled,
    @Key("The patches after the vision tower's last block.") Optional<Compared> vit,
    @Key("The vision tokens that its merger gives to the language model.")
        Optional<Compared> aligner,
    @Key("The vision tokens of DeepStack's mergers; a mean over them.")
        Optional<Compared> deepstack) {

  /**
   * A place that is compared.
   *
   * @param enabled whether it is
   * @param weight how much its distance counts beside the other terms
   * @param distance of the rows of student and teacher
   */
  public record Compared(
      @Key(value = "Whether it is compared.", otherwise = "true") boolean enabled,
      @Key(
              value = "How much the mean distance counts beside the other terms.",
              min = 0,
              aboveMin = true,
              max = 1_000)
          double weight,
      @Key(
              value =
                  "How far two rows are apart: `mse`, the mean of the squared differences of their components, or `cosine`, one minus the cosine of their angle.",
              otherwise = "mse")
          Distance distance) {}

  /**
   * A term of the objective.
   *
   * @param name in logs
   * @param activations that are compared
   */
  public record Term(String name, List<String> activations, Distance distance, double weight) {}

  /** The places by their keys, in order. */
  private Map<String, Compared> places() {
    Map<String, Compared> places = new TreeMap<>();
    aligner.filter(Compared::enabled).ifPresent(place -> places.put("aligner", place));
    deepstack.filter(Compared::enabled).ifPresent(place -> places.put("deepstack", place));
    vit.filter(Compared::enabled).ifPresent(place -> places.put("vit", place));
    return places;
  }

  /** Reports places where nothing would be learned, since all that leads to them is frozen. */
  void check(Place section, TunerConfig tuner) {
    if (places().isEmpty()) {
      section.problem(
          "compares nothing: name at least one of vit, aligner and deepstack with a weight, or set enabled to false");
    }
    Set<ParameterSpec.Module> trained = tuner.trained();
    if (!tuner.modulesToSave().isEmpty() || trained.contains(ParameterSpec.Module.VIT)) {
      return;
    }
    for (String place : places().keySet()) {
      if (place.equals("vit") || !trained.contains(ParameterSpec.Module.ALIGNER)) {
        section
            .at(place)
            .problem(
                "teaches nothing while tuner.freeze_vit%s: all that leads there is frozen"
                    .formatted(place.equals("vit") ? " is true" : " and freeze_aligner are true"));
      }
    }
  }

  /**
   * The terms for a student.
   *
   * @throws IllegalArgumentException if it has no DeepStack that is to be compared
   */
  public List<Term> terms(ModelConfig student) {
    List<Term> terms = new ArrayList<>();
    places()
        .forEach((place, compared) ->
            terms.add(
                new Term(
                    "visual_kd_" + place + "_loss",
                    activations(place, student),
                    compared.distance(),
                    compared.weight())));
    return terms;
  }

  private static List<String> activations(String place, ModelConfig student) {
    return switch (place) {
      case "vit" -> List.of(Activations.visionBlock(student.vision().depth() - 1));
      case "aligner" -> List.of(Activations.VISION_MERGER);
      default -> {
        int mergers = student.visionTower().deepstackBlocks().size();
        if (mergers == 0) {
          throw new IllegalArgumentException(
              "custom.visual_kd.deepstack: the model has no DeepStack; remove the section");
        }
        yield IntStream.range(0, mergers).mapToObj(Activations::deepstack).toList();
      }
    };
  }
}
