package io.lockstep.model.adapter;

import io.lockstep.model.adapter.Targets.AllLinear;
import io.lockstep.model.parameter.ParameterLayout;
import io.lockstep.model.parameter.ParameterSpec;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedSet;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Which layers, experts and parameters an adapter's configuration means in a model.
 *
 * @param layers names of the adapted linear layers
 * @param stacks fused parameters whose experts are adapted, each with the name below which the
 *     public library keeps its update
 * @param saved names of the parameters that are trained whole
 * @param targets the configured targets, or the layers' names where the targets alone would mean
 *     others
 * @param modulesToSave the configured modules; of lists of modules, which the public library can't
 *     replace as a whole, their members
 */
record Resolution(
    Set<String> layers,
    Map<String, String> stacks,
    Set<String> saved,
    Targets targets,
    List<String> modulesToSave) {

  private static final int SHOWN = 5;

  private static final String TIED_HEAD =
      "target_modules: lm_head is the embedding table of this model (tie_word_embeddings), and an"
          + " adapter on a table that is both isn't supported: leave lm_head out";

  private static final String TIED_TABLE =
      "modules_to_save: %s is embedding table and head of this model in one (tie_word_embeddings), and"
          + " an adapter can't hold a table that is both: leave it out, train all of the table with"
          + " tuner.train_type full, or give the model a head of its own (tie_word_embeddings false and"
          + " lm_head.weight); an adapter of PEFT that has one, which PEFT trained apart from the"
          + " other, has to be merged by PEFT";

  static Resolution of(AdapterConfig config, ParameterLayout base, Set<ParameterSpec.Module> frozen)
      throws InvalidAdapterException {
    Search search = new Search(config, base, frozen);
    Set<String> saved = search.saved();
    SequencedSet<String> meant = search.layers();
    SequencedSet<String> layers = search.trainable(meant);
    if (layers.isEmpty() && !meant.isEmpty()) {
      search.problems.add(
          "target_modules mean only layers of parts of the model that are frozen: thaw one of "
              + frozen);
    }
    Map<String, String> stacks = search.stacks(saved);
    search.explainBeginning(layers);
    if (!search.problems.isEmpty()) {
      throw new InvalidAdapterException("the adapter", search.problems);
    }
    return new Resolution(
        layers, stacks, saved, spelledOut(config, meant, layers, stacks), search.members());
  }

  /** Targets that mean these layers alone. */
  private static Targets spelledOut(
      AdapterConfig config, Set<String> meant, Set<String> layers, Map<String, String> stacks) {
    if (layers.isEmpty() && stacks.isEmpty()) {
      return Targets.NOTHING;
    }
    boolean plain = layers.equals(meant) && !(config.targets() instanceof AllLinear);
    return plain ? config.targets() : new Targets.Names(layers.stream().sorted().toList());
  }

  /** Looks names up and collects what is wrong with them. */
  private static final class Search {
    private final AdapterConfig config;
    private final ParameterLayout base;
    private final Set<ParameterSpec.Module> frozen;
    private final Modules modules;
    private final List<String> problems = new ArrayList<>();

    Search(AdapterConfig config, ParameterLayout base, Set<ParameterSpec.Module> frozen) {
      this.config = config;
      this.base = base;
      this.frozen = frozen;
      modules = Modules.of(base);
    }

    SequencedSet<String> layers() {
      SequencedSet<String> layers = new LinkedHashSet<>();
      List<String> others = new ArrayList<>();
      for (String module : modules.all()) {
        if (!config.targets().match(module) || isExcluded(module)) {
          continue;
        }
        if (modules.linears().containsKey(module)) {
          layers.add(module);
        } else if (!(config.targets() instanceof AllLinear) && modules.isLeaf(module)) {
          others.add(module);
        }
      }
      if (!others.isEmpty()) {
        problems.add(
            "target_modules mean "
                + some(others)
                + ", which are no linear layers: narrow them, or name what is to be trained whole in"
                + " modules_to_save");
      }
      explainMisses(layers);
      return layers;
    }

    /** The fused parameters, and where the public library keeps what it wraps each of them in. */
    Map<String, String> stacks(Set<String> saved) {
      if (!config.parameters().isEmpty() && config.dropout() > 0) {
        problems.add(
            "target_parameters take no dropout, as in PEFT: set it to 0, not " + config.dropout());
      }
      if (!config.parameters().isEmpty() && config.dora()) {
        problems.add("target_parameters take no learned magnitudes, as in PEFT: switch DoRA off");
      }
      Map<String, List<String>> byModule = new LinkedHashMap<>();
      for (String name : config.parameters()) {
        List<ParameterSpec> meant = meant(name);
        if (meant.isEmpty()) {
          problems.add("target_parameters: no parameter is called " + name + fusedNames());
        }
        meant.stream()
            .flatMap(spec -> fault(spec, saved).stream())
            .map(fault -> "target_parameters: " + name + " means " + fault)
            .findFirst()
            .ifPresent(problems::add);
      }
      for (ParameterSpec spec : modules.fused()) {
        if (config.parameters().stream().anyMatch(n -> Targets.Names.isNamed(spec.name(), n))) {
          byModule
              .computeIfAbsent(Modules.parent(spec.name()), _ -> new ArrayList<>())
              .add(spec.name());
        }
      }
      Map<String, String> wrappers = new LinkedHashMap<>();
      byModule.forEach((module, names) -> {
        for (int i = 0; i < names.size(); i++) {
          wrappers.put(names.get(i), module + AdapterPlan.WRAPPED.repeat(names.size() - 1 - i));
        }
      });
      return wrappers;
    }

    /** What keeps updates from beginning at a part of their weights. */
    void explainBeginning(SequencedSet<String> layers) {
      if (!config.beginning().hasFixedHalf()) {
        return;
      }
      String start = "init_weights " + config.beginning().text();
      if (!config.parameters().isEmpty()) {
        problems.add(
            start
                + " is not there for target_parameters, as in PEFT: updates of experts begin with"
                + " init_weights true");
      }
      List<String> small = new ArrayList<>();
      for (String layer : layers) {
        ParameterSpec weight = modules.linears().get(layer);
        int rank = config.rankOf(layer);
        if (weight != null && rank > Math.min(weight.shape().get(0), weight.shape().get(1))) {
          small.add("%s %s with rank %d".formatted(layer, weight.shape(), rank));
        }
      }
      if (!small.isEmpty()) {
        problems.add(
            start
                + " needs ranks of at most the smaller side of a weight, but there is "
                + some(small)
                + ": lower lora_rank, or give these layers others in rank_pattern");
      }
      List<String> idle = layers.stream().filter(layer -> !(config.scaleOf(layer) > 0)).toList();
      if (!idle.isEmpty()) {
        problems.add(start + " needs a lora_alpha above 0, but it is 0 for " + some(idle));
      }
    }

    private List<ParameterSpec> meant(String name) {
      return base.slots().stream()
          .map(ParameterLayout.Slot::spec)
          .filter(spec -> Targets.Names.isNamed(spec.name(), name))
          .toList();
    }

    private Optional<String> fault(ParameterSpec spec, Set<String> saved) {
      if (!modules.fused().contains(spec)) {
        return Optional.of(
            spec.name()
                + ", which isn't the weight of several experts: name linear layers in"
                + " target_modules, and what is to be trained whole in modules_to_save"
                + fusedNames());
      }
      if (frozen.contains(spec.module())) {
        return Optional.of(spec.name() + ", which is frozen with the rest of " + spec.module());
      }
      return saved.contains(spec.name())
          ? Optional.of(
              spec.name() + ", which modules_to_save train whole: leave it out of one of them")
          : Optional.empty();
    }

    private String fusedNames() {
      return modules.fused().isEmpty()
          ? "; the model has no experts"
          : "; the model's experts have "
              + modules.fused().stream()
                  .map(spec -> spec.name().replaceFirst(".*\\.\\d+\\.", ""))
                  .distinct()
                  .collect(Collectors.joining(", "));
    }

    private void explainMisses(Set<String> layers) {
      switch (config.targets()) {
        case Targets.Names(List<String> names, Optional<NumberedLayers> some) -> {
          names.stream()
              .filter(name ->
                  modules.all().stream().noneMatch(module -> Targets.Names.isNamed(module, name)))
              .forEach(name ->
                  problems.add(
                      name.equals(AllLinear.HEAD)
                          ? TIED_HEAD
                          : "target_modules: no layer is called " + name + called()));
          some.ifPresent(numbered -> explainMisses(layers, numbered));
        }
        case Targets.Regex(Pattern pattern) -> {
          if (layers.isEmpty() && config.modulesToSave().isEmpty()) {
            problems.add("the pattern '" + pattern.pattern() + "' matches no layer" + called());
          }
        }
        case AllLinear() -> {}
      }
      config
          .excluded()
          .ifPresent(excluded -> {
            if (modules.all().stream().noneMatch(excluded::match)) {
              problems.add("exclude_modules mean nothing in this model" + called());
            }
          });
    }

    private void explainMisses(Set<String> layers, NumberedLayers numbered) {
      for (int index : numbered.indexes()) {
        if (layers.stream().noneMatch(layer -> numbered.index(layer) == index)) {
          problems.add(
              "layers_to_transform: no layer that target_modules mean lies in layer "
                  + index
                  + (numbered.lists().isEmpty()
                      ? ""
                      : " of " + String.join(", ", numbered.lists())));
        }
      }
    }

    /** Modules to save with lists of modules spelled out. */
    List<String> members() {
      List<String> members = new ArrayList<>();
      for (String name : config.modulesToSave()) {
        List<String> ofLists =
            modules.all().stream()
                .filter(module -> module.endsWith(name) && modules.isList(module))
                .flatMap(list -> modules.children(list).stream())
                .map(child -> name + child.substring(child.lastIndexOf('.')))
                .distinct()
                .toList();
        members.addAll(ofLists.isEmpty() ? List.of(name) : ofLists);
      }
      return members;
    }

    private String called() {
      return "; the model's linear layers are called " + String.join(", ", modules.linearNames());
    }

    /** What is trained whole or ruled out is not adapted, as in the public library. */
    private boolean isExcluded(String module) {
      return config.excluded().map(excluded -> excluded.match(module)).orElse(false)
          || config.modulesToSave().stream()
              .anyMatch(name -> ("." + module + ".").contains("." + name + "."));
    }

    SequencedSet<String> trainable(SequencedSet<String> layers) {
      SequencedSet<String> trainable = new LinkedHashSet<>();
      for (String layer : layers) {
        ParameterSpec weight = modules.linears().get(layer);
        if (weight != null && !frozen.contains(weight.module())) {
          trainable.add(layer);
        }
      }
      return trainable;
    }

    Set<String> saved() {
      Set<String> saved = new LinkedHashSet<>();
      for (String name : config.modulesToSave()) {
        List<ParameterSpec> meant =
            base.slots().stream()
                .map(ParameterLayout.Slot::spec)
                .filter(spec -> isIn(spec.name(), name))
                .toList();
        if (meant.isEmpty()) {
          problems.add(
              name.equals(AllLinear.HEAD)
                  ? TIED_TABLE.formatted(name)
                  : "modules_to_save: no module is called " + name);
        }
        meant.forEach(spec -> saved.add(spec.name()));
      }
      if (!hasHead() && saved.stream().anyMatch(name -> name.endsWith("embed_tokens.weight"))) {
        problems.add(TIED_TABLE.formatted("embed_tokens"));
      }
      return saved;
    }

    private boolean hasHead() {
      return modules.linears().containsKey(AllLinear.HEAD);
    }

    /** Whether a parameter lies in a module whose full name ends so. */
    private static boolean isIn(String parameter, String name) {
      for (int dot = parameter.indexOf('.'); dot >= 0; dot = parameter.indexOf('.', dot + 1)) {
        if (parameter.substring(0, dot).endsWith(name)) {
          return true;
        }
      }
      return false;
    }

    private static String some(List<String> names) {
      String shown = String.join(", ", names.subList(0, Math.min(SHOWN, names.size())));
      return names.size() > SHOWN ? shown + " and " + (names.size() - SHOWN) + " more" : shown;
    }
  }
}
