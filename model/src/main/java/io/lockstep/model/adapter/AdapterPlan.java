package io.lockstep.model.adapter;

import io.lockstep.model.adapter.AdapterConfig.Biases;
import io.lockstep.model.parameter.ParameterLayout;
import io.lockstep.model.parameter.ParameterSpec;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedSet;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * An adapter's configuration applied to a model: which layers and experts it sits on, and the
 * tensors it consists of by their public names, in the order in which they are computed with.
 */
public final class AdapterPlan {

  /** What the public library puts before the name of a module of the base model. */
  public static final String PREFIX = "base_model.model.";

  /** What the public library puts below the name of a module for what it wraps. */
  static final String WRAPPED = ".base_layer";

  private static final String BIAS = ".bias";

  /** Where the public library keeps what a module was that is trained whole, and what it is. */
  private static final String UNTRAINED = ".original_module.";

  private static final String TRAINED = ".modules_to_save.default.";

  private final AdapterConfig config;
  private final Map<String, Layer> layers;
  private final Map<String, Stack> stacks;
  private final Map<String, ParameterSpec> saved;
  private final ParameterLayout layout;
  private final ParameterLayout fixedLayout;
  private final ParameterLayout storedLayout;
  private final Set<String> base;

  /**
   * A linear layer with a low-rank update {@code scale * B A}. If the update has a half that is
   * fixed, it lies behind the one that is trained: in the last rows of A and columns of B.
   *
   * @param name name of the layer in the base model
   * @param module the part of the model it belongs to
   * @param in size of its inputs
   * @param out size of its outputs
   * @param rank rank of what is trained of the update
   * @param fixed rank of what is fixed of it: the same, or 0
   * @param scale factor of the update
   */
  public record Layer(
      String name,
      ParameterSpec.Module module,
      long in,
      long out,
      int rank,
      int fixed,
      double scale) {

    /** What the name of every B ends with. */
    static final String UP = ".lora_B.weight";

    /** Rank of the whole update. */
    public int width() {
      return rank + fixed;
    }

    /** Name of A, [width, in]. */
    public String down() {
      return PREFIX + name + ".lora_A.weight";
    }

    /** Name of B, [out, width]. */
    public String up() {
      return PREFIX + name + UP;
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
      Specs specs,
      Set<String> base) {
    this.base = base;
    this.config = config;
    this.layers = layers;
    this.stacks = stacks;
    this.saved = saved;
    layout = new ParameterLayout(specs.trained);
    fixedLayout = new ParameterLayout(specs.fixed);
    storedLayout = new ParameterLayout(specs.stored);
  }

  /** Tensors in the order of computation: what is trained, what is fixed, and both in one. */
  private static final class Specs {
    private final List<ParameterSpec> trained = new ArrayList<>();
    private final List<ParameterSpec> fixed = new ArrayList<>();
    private final List<ParameterSpec> stored = new ArrayList<>();

    /** Tensors that are trained as a whole. */
    void add(List<ParameterSpec> whole) {
      trained.addAll(whole);
      stored.addAll(whole);
    }

    void add(Layer layer, boolean dora) {
      trained.addAll(of(layer, layer.rank()));
      stored.addAll(of(layer, layer.width()));
      if (layer.fixed() > 0) {
        fixed.addAll(of(layer, layer.fixed()));
      }
      if (dora) {
        add(List.of(ParameterSpec.of(layer.module(), layer.magnitude(), layer.out())));
      }
    }

    private static List<ParameterSpec> of(Layer layer, int rank) {
      return List.of(
          ParameterSpec.of(layer.module(), layer.down(), rank, layer.in()),
          ParameterSpec.of(layer.module(), layer.up(), layer.out(), rank));
    }
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
    return of(config, base, frozen, spec -> !frozen.contains(spec.module()));
  }

  /**
   * The plan of a stored adapter. If it trains all biases, those count that it holds: biases of
   * parts that were frozen are not stored.
   *
   * @param base all parameters of the base model
   * @throws IOException if the configuration or the list of tensors can't be read, or does not fit
   *     the model
   */
  public static AdapterPlan read(Path folder, ParameterLayout base) throws IOException {
    AdapterConfig config = AdapterConfig.read(folder);
    if (config.biases() != Biases.ALL) {
      return of(config, base, Set.of());
    }
    Set<String> stored = AdapterFile.names(folder);
    return of(
        config,
        base,
        Set.of(),
        spec ->
            stored.contains(biasName(spec.name(), false))
                || stored.contains(biasName(spec.name(), true)));
  }

  /**
   * Finds the layers and biases.
   *
   * @param biases which biases of the model count if all are trained
   */
  private static AdapterPlan of(
      AdapterConfig config,
      ParameterLayout base,
      Set<ParameterSpec.Module> frozen,
      Predicate<ParameterSpec> biases)
      throws InvalidAdapterException {
    Resolution resolution = Resolution.of(config, base, frozen);
    Specs specs = new Specs();
    Map<String, Layer> layers = new LinkedHashMap<>();
    Map<String, Stack> stacks = new LinkedHashMap<>();
    Map<String, ParameterSpec> saved = new LinkedHashMap<>();
    for (ParameterLayout.Slot slot : base.slots()) {
      ParameterSpec spec = slot.spec();
      if (resolution.saved().contains(spec.name())) {
        ParameterSpec stored = new ParameterSpec(PREFIX + spec.name(), spec.shape(), spec.module());
        saved.put(spec.name(), stored);
        specs.add(List.of(stored));
      } else if (isTrainedBias(config.biases(), spec, resolution, biases)) {
        boolean adapted = resolution.layers().contains(layerOf(spec.name()));
        ParameterSpec stored =
            new ParameterSpec(biasName(spec.name(), adapted), spec.shape(), spec.module());
        saved.put(spec.name(), stored);
        specs.add(List.of(stored));
      }
      String module = spec.name().replaceFirst("\\.weight$", "");
      if (resolution.layers().contains(module)) {
        Layer layer = layer(config, module, spec);
        layers.put(module, layer);
        specs.add(layer, config.dora());
      }
      String wrapper = resolution.stacks().get(spec.name());
      if (wrapper != null) {
        Stack stack = stack(config, spec, wrapper);
        stacks.put(spec.name(), stack);
        specs.add(specs(stack));
      }
    }
    return new AdapterPlan(
        config.withTargets(resolution.targets()).withModulesToSave(resolution.modulesToSave()),
        layers,
        stacks,
        saved,
        specs,
        base.slots().stream().map(slot -> slot.spec().name()).collect(Collectors.toSet()));
  }

  private static boolean isTrainedBias(
      Biases trained, ParameterSpec spec, Resolution resolution, Predicate<ParameterSpec> biases) {
    if (!spec.name().endsWith(BIAS)) {
      return false;
    }
    return switch (trained) {
      case NONE -> false;
      case LORA_ONLY -> resolution.layers().contains(layerOf(spec.name()));
      case ALL -> spec.module() != ParameterSpec.Module.DETECTION && biases.test(spec);
    };
  }

  private static String layerOf(String bias) {
    return bias.substring(0, bias.length() - BIAS.length());
  }

  /** What the public library calls a bias; it wraps layers that have updates. */
  private static String biasName(String parameter, boolean adapted) {
    return adapted && parameter.endsWith(BIAS)
        ? PREFIX + layerOf(parameter) + WRAPPED + BIAS
        : PREFIX + parameter;
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
        Set.of(),
        spec -> isSavedParameter(spec.name()) || added.isSavedParameter(spec.name()));
  }

  private boolean isSavedParameter(String name) {
    return saved.containsKey(name);
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
        config.beginning().hasFixedHalf() ? config.rankOf(module) : 0,
        config.stored().scaleOf(module));
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
    String name = tensor.substring(PREFIX.length());
    if (name.contains(UNTRAINED)) {
      return Optional.of(name.replace(UNTRAINED, ".")).filter(base::contains);
    }
    String unwrapped = name.replace(WRAPPED + ".", ".");
    return base.contains(unwrapped) && !saved.containsKey(unwrapped)
        ? Optional.of(unwrapped)
        : Optional.empty();
  }

  /**
   * Whether a stored tensor is another one once more: with all biases, the public library stores
   * those of modules that are trained whole under their inner names too.
   */
  boolean isRepeated(String tensor) {
    return tensor.contains(TRAINED)
        && saved.values().stream()
            .anyMatch(spec -> spec.name().equals(tensor.replace(TRAINED, ".")));
  }

  /** Names of the base model's parameters that the adapter replaces. */
  public Set<String> replaced() {
    return new LinkedHashSet<>(saved.keySet());
  }

  /** Whether a tensor of the adapter stands for a parameter of the base model. */
  boolean isWhole(String tensor) {
    return saved.values().stream().anyMatch(spec -> spec.name().equals(tensor));
  }

  /**
   * Whether a parameter of the base model is computed with in float32 whatever the run computes in:
   * the weights of a DoRA update's layers, whose rows' norms are taken, and their biases.
   */
  public boolean needsFloat32(String parameter) {
    return config.dora() && layers.containsKey(parameter.replaceFirst("\\.(weight|bias)$", ""));
  }

  /** Whether the adapter has anything in a part of the model. */
  public boolean touches(ParameterSpec.Module part) {
    return layout.slots().stream().anyMatch(slot -> slot.spec().module() == part);
  }

  /** Whether layers, experts or biases of a part of the model have updates. */
  public boolean updates(ParameterSpec.Module part) {
    return hasBiases(part)
        || layers.values().stream().anyMatch(layer -> layer.module() == part)
        || stacks.values().stream().anyMatch(stack -> stack.module() == part);
  }

  private boolean hasBiases(ParameterSpec.Module part) {
    return config.biases() != Biases.NONE
        && saved.entrySet().stream()
            .anyMatch(entry -> entry.getKey().endsWith(BIAS) && entry.getValue().module() == part);
  }

  /** Whether biases are to be trained, but none of those that are meant is there. */
  public boolean lacksBiases() {
    return config.biases() != Biases.NONE
        && saved.keySet().stream().noneMatch(name -> name.endsWith(BIAS));
  }

  /** What is trained of the adapter's tensors. */
  public ParameterLayout layout() {
    return layout;
  }

  /** The halves of updates that are fixed, by the names of the tensors they are part of. */
  public ParameterLayout fixedLayout() {
    return fixedLayout;
  }

  /** The adapter's tensors as they are stored and computed with. */
  public ParameterLayout storedLayout() {
    return storedLayout;
  }
}
