package io.lockstep.worker.config;

import io.lockstep.config.Key;
import io.lockstep.config.Place;
import io.lockstep.model.adapter.AdapterConfig;
import io.lockstep.model.adapter.AdapterConfig.Biases;
import io.lockstep.model.adapter.Beginning;
import io.lockstep.model.adapter.NumberedLayers;
import io.lockstep.model.adapter.Targets;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;

/**
 * What an adapter may have beyond a rank and targets, with the meaning that the public PEFT library
 * gives to it.
 *
 * @param rankPattern ranks of layers whose name ends with a match of the key
 * @param alphaPattern numerators of scales likewise
 * @param excludeModules layers that have no update although the targets mean them
 * @param layersToTransform numbers of the layers that targets by name lie in
 * @param initWeights how updates begin
 * @param loraBias whether biases are trained
 */
public record AdapterOptions(
    @Key(
            value =
                "Other ranks for layers whose name is the key, a regular expression, or ends with it after a dot.",
            otherwise = "{}",
            form = Patterns.OfRanks.class)
        SequencedMap<String, Integer> rankPattern,
    @Key(
            value = "Other numerators of scales likewise.",
            otherwise = "{}",
            form = Patterns.OfAlphas.class)
        SequencedMap<String, Double> alphaPattern,
    @Key(
            value = "Layers that an adapter leaves out although the targets mean them.",
            otherwise = "[]")
        List<String> excludeModules,
    @Key(
            value =
                "Numbers of the layers in which names of `target_modules` count; all unless they are given.",
            form = LayerNumbers.class)
        Optional<List<Integer>> layersToTransform,
    @Key(
            value =
                "How updates begin: `true` changes nothing, with A drawn uniformly and B zero; `pissa` begins at the leading singular vectors of each weight, `pissa_niter_N` at what N rounds find of them, `olora` at its QR decomposition; as in PEFT, but the base model stays as it is.",
            otherwise = "true",
            form = Beginnings.class)
        Beginning initWeights,
    @Key(
            value =
                "Which of the model's biases are trained whole and stored beside an adapter: none, those of layers that it has, or all but those of frozen parts; `bias` of PEFT.",
            otherwise = "none",
            remedy =
                "PEFT's lora_bias, a bias of B, is not there: the biases of the layers do the same")
        Biases loraBias) {

  public AdapterOptions {
    excludeModules = List.copyOf(excludeModules);
    layersToTransform = layersToTransform.map(List::copyOf);
  }

  /** Reports what doesn't fit the targets. */
  void check(Place section, Optional<Targets> targets) {
    if (layersToTransform.isPresent() && !(targets.orElse(null) instanceof Targets.Names)) {
      section
          .at("layers_to_transform")
          .problem(
              "needs names in tuner.target_modules: a pattern says itself which layers it means");
    }
  }

  /** Whether anything but defaults is said. */
  boolean isGiven() {
    return !rankPattern.isEmpty()
        || !alphaPattern.isEmpty()
        || !excludeModules.isEmpty()
        || layersToTransform.isPresent()
        || initWeights.hasFixedHalf()
        || loraBias != Biases.NONE;
  }

  /** An adapter with these options. */
  AdapterConfig apply(AdapterConfig config) {
    Targets targets = config.targets();
    if (layersToTransform.isPresent() && targets instanceof Targets.Names(var names, var _)) {
      targets =
          new Targets.Names(
              names, Optional.of(new NumberedLayers(layersToTransform.get(), List.of())));
    }
    return config
        .withTargets(targets)
        .withPatterns(rankPattern, alphaPattern)
        .withBeginning(initWeights)
        .withBiases(loraBias)
        .withExcluded(
            excludeModules.isEmpty()
                ? Optional.empty()
                : Optional.of(new Targets.Names(excludeModules)));
  }
}
