package io.lockstep.model.checkpoint;

import ai.djl.ndarray.NDArray;
import io.lockstep.model.adapter.AdaptedWeights;
import io.lockstep.model.adapter.Adapter;
import io.lockstep.model.adapter.AdapterPlan;
import io.lockstep.model.adapter.Dropout;
import io.lockstep.model.parameter.ParameterLayout;
import io.lockstep.model.parameter.ParameterSpec;
import io.lockstep.model.parameter.Parameters;
import io.lockstep.model.parameter.Weights;
import io.lockstep.tensor.Dtype;
import io.lockstep.tensor.Scope;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A model's parameters, cut into what a run trains, which is one flat buffer, and what stays as it
 * was loaded.
 */
public final class TrainableModel implements AutoCloseable {

  private final Path folder;
  private final Parameters base;
  private final @Nullable Adapter adapter;
  private final Parameters trained;
  private final Scope scope = Scope.lasting();
  private final Weights inference;
  private @Nullable String baseSha256;
  private volatile boolean recorded;

  private TrainableModel(
      Path folder, Parameters base, @Nullable Adapter adapter, Parameters trained) {
    this.folder = folder;
    this.base = base;
    this.adapter = adapter;
    this.trained = trained;
    inference = adapter == null ? base : adapter.on(scope, base);
  }

  /**
   * Applies a tuning.
   *
   * @param folder the base model's folder
   * @param base its parameters, laid out as the tuning says; closed with the result
   */
  public static TrainableModel of(Tuning tuning, Path folder, Parameters base) throws IOException {
    return of(tuning, folder, base, base);
  }

  /**
   * The same of parameters that are held otherwise than they were read.
   *
   * @param originals their values as they were read, in float32
   */
  static TrainableModel of(Tuning tuning, Path folder, Parameters base, Weights originals)
      throws IOException {
    return switch (tuning) {
      case Tuning.Full full ->
          new TrainableModel(folder, base, null, trainable(base, full.frozen()));
      case Tuning.NewAdapter(AdapterPlan plan, long seed) ->
          adapted(folder, base, Adapter.initialise(plan, originals, seed));
      case Tuning.StoredAdapter(Path stored) ->
          resumed(folder, base, stored, Adapter.read(stored, base.layout(), originals));
      case Tuning.ExtendedAdapter(Path stored, AdapterPlan plan, long seed) ->
          resumed(
              folder, base, stored, Adapter.extend(stored, plan, base.layout(), originals, seed));
    };
  }

  /**
   * The same model for computing alone, whose adapter holds what it replaces of the model in the
   * type that is computed in; this one is closed.
   */
  TrainableModel held(Dtype type) {
    if (adapter == null || type == Dtype.FLOAT32) {
      return this;
    }
    scope.close();
    return adapted(folder, base, adapter.rounded(type));
  }

  private static TrainableModel resumed(Path folder, Parameters base, Path stored, Adapter adapter)
      throws IOException {
    try {
      AdapterBase.requireMatch(stored, adapter.baseSha256(), folder);
    } catch (IOException | RuntimeException e) {
      adapter.close();
      throw e;
    }
    return adapted(folder, base, adapter);
  }

  private static TrainableModel adapted(Path folder, Parameters base, Adapter adapter) {
    return new TrainableModel(folder, base, adapter, adapter.parameters());
  }

  private static Parameters trainable(Parameters base, Set<ParameterSpec.Module> frozen) {
    int count = 0;
    for (ParameterLayout.Slot slot : base.layout().slots()) {
      count += frozen.contains(slot.spec().module()) ? 0 : 1;
    }
    return count == base.layout().slots().size() ? base : base.first(count);
  }

  /** What is trained: laid out, reduced, sharded and updated. */
  public Parameters trained() {
    return trained;
  }

  /** The adapter, if the model has one. */
  public Optional<Adapter> adapter() {
    return Optional.ofNullable(adapter);
  }

  /**
   * The weights to compute with where nothing is trained; what they derive from an adapter is up to
   * date until the next training step.
   */
  public Weights inference() {
    if (recorded && inference instanceof AdaptedWeights adapted) {
      adapted.refresh();
    }
    return inference;
  }

  /** Digest of the base model's stored weights; they are read once. */
  String baseSha256() throws IOException {
    String known = baseSha256;
    if (known == null) {
      known = LoadedModel.storedSha256(folder);
      baseSha256 = known;
    }
    return known;
  }

  /** Share of an update's inputs that training drops. */
  public double dropout() {
    return adapter == null ? 0 : adapter.plan().config().dropout();
  }

  /**
   * The weights to compute with where the trained parameters are leaves of a graph.
   *
   * @param scope holds what is computed from them once
   * @param leaves leaves by name, of all trained parameters or of those of the layers to compute
   */
  public Weights recorded(Scope scope, Map<String, NDArray> leaves, Dropout dropout) {
    recorded = true;
    return recorded(scope, base, leaves, dropout);
  }

  /**
   * The same on other values of what is not trained.
   *
   * @param frozen the base model's weights by name
   */
  public Weights recorded(
      Scope scope, Weights frozen, Map<String, NDArray> leaves, Dropout dropout) {
    return adapter == null
        ? over(leaves, frozen)
        : new AdaptedWeights(scope, frozen, adapter.plan(), adapter.whole(leaves::get), dropout);
  }

  /** All weights with other values of what is trained. */
  Weights with(Parameters values) {
    return over(values.byName(), base);
  }

  /** A base model's weights with others in the place of some. */
  private static Weights over(Map<String, NDArray> values, Weights base) {
    return name -> {
      NDArray value = values.get(name);
      return value == null ? base.find(name) : value;
    };
  }

  /** Tells that the trained parameters have changed otherwise than by a training step. */
  void changed() {
    recorded = true;
  }

  @Override
  public void close() {
    scope.close();
    if (adapter != null) {
      adapter.close();
    } else if (!trained.equals(base)) {
      trained.close();
    }
    base.close();
  }
}
