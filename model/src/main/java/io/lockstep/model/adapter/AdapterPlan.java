package io.lockstep.model.adapter;

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
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * An adapter's configuration applied to a model: which layers and experts it sits on, and the
 * tensors it consists of by their public names, in the order in which they are computed with.
 */
public final class AdapterPlan {

  /** What the public library puts before the name of a module of the base model. */
  public static final String PREFIX = "base_model.model.";

  private final AdapterConfig config;
  private final Map<String, Layer> layers;
  private final Map<String, Stack> stacks;
  private final Map<String, ParameterSpec> saved;
  private final ParameterLayout layout;
  private final Set<String> base;

  /**
   * A linear layer with a low-rank update {@code scale * B A}.
   *
   * @param name name of the layer in the base model
   * @param module the part of the model it belongs to
   * @param in size of its inputs
   * @param out size of its outputs
   * @param rank rank of the update
   * @param scale factor of the update
   */
  public record Layer(
      String name, ParameterSpec.Module module, long in, long out, int rank, double scale) {

    /** Name of A, [rank, in]. */
    public String down() {
      return PREFIX + name + ".lora_A.weight";
    }

    /** Name of B, [out, rank]. */
    public String up() {
      return PREFIX + name + ".lora_B.weight";
    }

    /** Name of the magnitudes, [out]. */
    public String magnitude() {
      return PREFIX + name + ".lora_magnitude_vector";
    }
  }

  /**
   * A fused parameter with a low-rank update {@code scale * B A} for each expert, as PEFT's
   * ParamWrapper lays them out.
   *
   * @param name name of the parameter in the base model, [experts, in, out]
   * @param module the part of the model it belongs to
   * @param wrapper where the public library keeps the update: a module's parameters are wrapped one
   *     after the other, so that the last is found under the module's name and each before it one
   *     {@code base_layer} further down
   * @param experts number of experts
   * @param in size of an expert's inputs
   * @param out size of its outputs
   * @param rank rank of an expert's update
   * @param scale factor of the update
   */
  public record Stack(
      String name,
      ParameterSpec.Module module,
      String wrapper,
      int experts,
      long in,
      long out,
      int rank,
      double scale) {

    /** Name of A, [experts * rank, in]: the rows of an expert lie together. */
    public String down() {
      return PREFIX + wrapper + ".lora_A.weight";
    }

    /** Name of B, [out, rank * experts]: the columns of a rank lie together. */
    public String up() {
      return PREFIX + wrapper + ".lora_B.weight";
    }
  }

  private AdapterPlan(
      AdapterConfig config,
      Map<String, Layer> layers,
      Map<String, Stack> stacks,
      Map<String, ParameterSpec> saved,
      ParameterLayout layout,
      Set<String> base) {
    this.base = base;
    this.config = config;
    this.layers = layers;
    this.stacks = stacks;
    this.saved = saved;
    this.layout = layout;
  }

  /**
   * Finds the layers that a configuration means.
   *
   * @param base all parameters of the base model
   * @param frozen parts of the model that must not be adapted
   * @throws InvalidAdapterException naming every pattern or name that means nothing, or something
   *     that can't be adapted
   */
  public static AdapterPlan of(
      AdapterConfig config, ParameterLayout base, Set<ParameterSpec.Module> frozen)
      throws InvalidAdapterException {
    Resolution resolution = Resolution.of(config, base, frozen);
    List<ParameterSpec> specs = new ArrayList<>();
    Map<String, Layer> layers = new LinkedHashMap<>();
    Map<String, Stack> stacks = new LinkedHashMap<>();
    Map<String, ParameterSpec> saved = new LinkedHashMap<>();
    for (ParameterLayout.Slot slot : base.slots()) {
      ParameterSpec spec = slot.spec();
      if (resolution.saved().contains(spec.name())) {
        ParameterSpec stored = new ParameterSpec(PREFIX + spec.name(), spec.shape(), spec.module());
        saved.put(spec.name(), stored);
        specs.add(stored);
      }
      String module = spec.name().replaceFirst("\\.weight$", "");
      if (resolution.layers().contains(module)) {
        Layer layer = layer(config, module, spec);
        layers.put(module, layer);
        specs.addAll(specs(config, layer));
      }
      String wrapper = resolution.stacks().get(spec.name());
      if (wrapper != null) {
        Stack stack = stack(config, spec, wrapper);
        stacks.put(spec.name(), stack);
        specs.addAll(specs(stack));
      }
    }
    return new AdapterPlan(
        config.withTargets(resolution.targets()).withModulesToSave(resolution.modulesToSave()),
        layers,
        stacks,
        saved,
        new ParameterLayout(specs),
        base.slots().stream().map(slot -> slot.spec().name()).collect(Collectors.toSet()));
  }

  /**
   * The same adapter on more layers, and with more modules that are trained whole; its ranks and
   * scales are those of new layers, too.
   *
   * @param more what targets mean besides
   * @param modulesToSave what is trained whole besides
   * @param frozen parts of the model in which nothing is added but what is trained whole
   * @throws InvalidAdapterException naming what means nothing or can't be adapted, also a layer
   *     that has an update and is now to be trained whole
   */
  public AdapterPlan extended(
      Targets more,
      List<String> modulesToSave,
      ParameterLayout base,
      Set<ParameterSpec.Module> frozen)
      throws InvalidAdapterException {
    AdapterConfig asked =
        config.withTargets(more).withParameters(List.of()).withModulesToSave(modulesToSave);
    AdapterPlan added = of(asked, base, frozen);
    List<String> replaced = added.saved.keySet().stream().filter(this::adapts).toList();
    if (!replaced.isEmpty()) {
      throw new InvalidAdapterException(
          "modules_to_save",
          List.of(
              "mean %s, which the adapter that training goes on with has updates of: leave them out"
                  .formatted(replaced)));
    }
    SequencedSet<String> names = new LinkedHashSet<>(layers.keySet());
    added.layers.keySet().stream().filter(name -> !isSaved(name)).forEach(names::add);
    SequencedSet<String> whole = new LinkedHashSet<>(config.modulesToSave());
    whole.addAll(added.config.modulesToSave());
    return of(
        config
            .withTargets(new Targets.Names(names.stream().sorted().toList()))
            .withModulesToSave(List.copyOf(whole)),
        base,
        Set.of());
  }

  private boolean adapts(String parameter) {
    return layers.containsKey(parameter.replaceFirst("\\.weight$", ""))
        || stacks.containsKey(parameter);
  }

  private boolean isSaved(String layer) {
    return saved.containsKey(layer + ".weight");
  }

  private static Layer layer(AdapterConfig config, String module, ParameterSpec weight) {
    return new Layer(
        module,
        weight.module(),
        weight.shape().get(1),
        weight.shape().get(0),
        config.rankOf(module),
        config.scaleOf(module));
  }

  private static List<ParameterSpec> specs(AdapterConfig config, Layer layer) {
    List<ParameterSpec> specs = new ArrayList<>();
    specs.add(ParameterSpec.of(layer.module(), layer.down(), layer.rank(), layer.in()));
    specs.add(ParameterSpec.of(layer.module(), layer.up(), layer.out(), layer.rank()));
    if (config.dora()) {
      specs.add(ParameterSpec.of(layer.module(), layer.magnitude(), layer.out()));
    }
    return specs;
  }

  private static Stack stack(AdapterConfig config, ParameterSpec fused, String wrapper) {
    return new Stack(
        fused.name(),
        fused.module(),
        wrapper,
        Math.toIntExact(fused.shape().get(0)),
        fused.shape().get(1),
        fused.shape().get(2),
        config.rankOf(fused.name()),
        config.scaleOf(fused.name()));
  }

  private static List<ParameterSpec> specs(Stack stack) {
    long ranks = Math.multiplyExact((long) stack.experts(), stack.rank());
    return List.of(
        ParameterSpec.of(stack.module(), stack.down(), ranks, stack.in()),
        ParameterSpec.of(stack.module(), stack.up(), stack.out(), ranks));
  }

  /** The configuration; targets that froze layers narrowed, and lists, are spelled out. */
  public AdapterConfig config() {
    return config;
  }

  /** The adapted layers in the order of computation. */
  public List<Layer> layers() {
    return List.copyOf(layers.values());
  }

  /** A layer's update, by the layer's name in the base model; null if it is not adapted. */
  public @Nullable Layer layer(String name) {
    return layers.get(name);
  }

  /** The fused parameters whose experts are adapted, in the order of computation. */
  public List<Stack> stacks() {
    return List.copyOf(stacks.values());
  }

  /** The updates of a fused parameter, by its name in the base model; null if it has none. */
  public @Nullable Stack stack(String name) {
    return stacks.get(name);
  }

  /** Name of the tensor that stands for a base model's parameter; null if the base's is used. */
  public @Nullable String savedName(String parameter) {
    ParameterSpec spec = saved.get(parameter);
    return spec == null ? null : spec.name();
  }

  /**
   * The parameter of the base model that a stored tensor may be a copy of: the public library
   * stores tables and heads beside their adapters.
   *
   * @return its name; empty if the tensor can be no such copy
   */
  Optional<String> copied(String tensor) {
    if (!tensor.startsWith(PREFIX)) {
      return Optional.empty();
    }
    String name = tensor.substring(PREFIX.length()).replace(".base_layer.", ".");
    return base.contains(name) && !saved.containsKey(name) ? Optional.of(name) : Optional.empty();
  }

  /** Names of the base model's parameters that the adapter replaces. */
  public Set<String> replaced() {
    return new LinkedHashSet<>(saved.keySet());
  }

  /** Whether the adapter has anything in a part of the model. */
  public boolean touches(ParameterSpec.Module part) {
    return layout.slots().stream().anyMatch(slot -> slot.spec().module() == part);
  }

  /** Whether layers or experts of a part of the model have updates. */
  public boolean updates(ParameterSpec.Module part) {
    return layers.values().stream().anyMatch(layer -> layer.module() == part)
        || stacks.values().stream().anyMatch(stack -> stack.module() == part);
  }

  /** All tensors of the adapter. */
  public ParameterLayout layout() {
    return layout;
  }
}
