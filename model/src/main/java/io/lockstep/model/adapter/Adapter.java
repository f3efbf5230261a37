package io.lockstep.model.adapter;

import ai.djl.ndarray.NDArray;
import io.lockstep.model.adapter.AdapterPlan.Layer;
import io.lockstep.model.adapter.AdapterPlan.Stack;
import io.lockstep.model.parameter.NameHash;
import io.lockstep.model.parameter.ParameterLayout;
import io.lockstep.model.parameter.ParameterSpec;
import io.lockstep.model.parameter.Parameters;
import io.lockstep.model.parameter.Weights;
import io.lockstep.model.safetensors.SafetensorsFile;
import io.lockstep.model.safetensors.StoredFile;
import io.lockstep.tensor.Buffer;
import io.lockstep.tensor.Dtype;
import io.lockstep.tensor.HostFloats;
import io.lockstep.tensor.Ops;
import io.lockstep.tensor.Scope;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SplittableRandom;

/** An adapter with its tensors. */
public final class Adapter implements AutoCloseable {

  private final AdapterPlan plan;
  private final Parameters parameters;
  private final Parameters fixed;
  private final Optional<String> baseSha256;

  private Adapter(
      AdapterPlan plan, Parameters parameters, Parameters fixed, Optional<String> baseSha256) {
    this.plan = plan;
    this.parameters = parameters;
    this.fixed = fixed;
    this.baseSha256 = baseSha256;
  }

  /**
   * An adapter of these tensors, which it closes.
   *
   * @param plan none of whose updates has a fixed half
   * @param parameters laid out as the plan says
   * @param baseSha256 digest of the base model's stored weights it was made for, if known
   */
  public Adapter(AdapterPlan plan, Parameters parameters, Optional<String> baseSha256) {
    this(plan, parameters, new Parameters(plan.fixedLayout()), baseSha256);
  }

  /**
   * Reads a folder in the public format.
   *
   * @param base all parameters of the base model
   * @throws IOException if a file is missing or does not fit the model; the message lists
   *     everything that is wrong
   */
  public static Adapter read(Path folder, Parameters base) throws IOException {
    return read(folder, base.layout(), base);
  }

  /**
   * The same of a base model that is held otherwise than it is stored.
   *
   * @param layout all parameters of the base model
   * @param base their values as they are stored, in float32
   */
  public static Adapter read(Path folder, ParameterLayout layout, Weights base) throws IOException {
    AdapterPlan plan = AdapterPlan.read(folder, layout);
    return AdapterFile.read(folder, plan, base);
  }

  /**
   * A new adapter that changes nothing yet: unless it begins otherwise, A from a uniform
   * distribution over +-1/sqrt(in) (He et al. 2015 with a = sqrt(5), as in the public library) and
   * B zero; magnitudes and modules trained whole as in the base model. A layer's values depend on
   * the seed, its name and its weight alone, and are the same on every machine.
   *
   * @param base the base model's values as they are stored, in float32
   */
  public static Adapter initialise(AdapterPlan plan, Weights base, long seed) {
    Parameters parameters = new Parameters(plan.layout());
    Parameters fixed = new Parameters(plan.fixedLayout());
    for (Layer layer : plan.layers()) {
      try (Scope temporaries = Scope.open()) {
        begin(plan, layer, base, seed, parameters, fixed);
      }
    }
    for (Stack stack : plan.stacks()) {
      drawDown(parameters, stack.down(), stack.in(), seed);
    }
    for (String replaced : plan.replaced()) {
      try (Scope temporaries = Scope.open()) {
        String stored = Objects.requireNonNull(plan.savedName(replaced));
        Ops.copyInto(parameters.get(stored), base.get(replaced));
      }
    }
    return new Adapter(plan, parameters, fixed, Optional.empty());
  }

  private static void begin(
      AdapterPlan plan,
      Layer layer,
      Weights base,
      long seed,
      Parameters parameters,
      Parameters fixed) {
    switch (plan.config().beginning()) {
      case Beginning.Unchanged() -> drawDown(parameters, layer.down(), layer.in(), seed);
      case Beginning.FromWeight part -> FixedHalf.begin(layer, part, base, seed, parameters, fixed);
    }
    if (plan.config().dora()) {
      NDArray weight = base.get(layer.name() + ".weight");
      Ops.copyInto(parameters.get(layer.magnitude()), LowRank.rowNorms(weight));
    }
  }

  /**
   * A stored adapter on more layers: its own tensors as they are, the others like those of a new
   * one.
   *
   * @param plan holds all that the stored one has, in its shapes
   * @param layout all parameters of the base model
   * @param base their values as they are stored, in float32
   * @throws IOException if a file is missing or does not fit the model
   */
  public static Adapter extend(
      Path stored, AdapterPlan plan, ParameterLayout layout, Weights base, long seed)
      throws IOException {
    try (Adapter before = read(stored, layout, base)) {
      Adapter fresh = initialise(plan, base, seed);
      // A bias is called otherwise where its layer gets an update.
      Map<String, String> renamed = new HashMap<>();
      for (String replaced : before.plan().replaced()) {
        renamed.put(before.plan().savedName(replaced), plan.savedName(replaced));
      }
      before
          .parameters()
          .byName()
          .forEach((name, value) ->
              Ops.copyInto(fresh.parameters().get(renamed.getOrDefault(name, name)), value));
      return new Adapter(plan, fresh.parameters(), before.baseSha256());
    }
  }

  /**
   * The same for computing alone, with the matrices that it holds whole rounded to the type that
   * they are computed with; this one is closed. A detection head stays as it is.
   */
  public Adapter rounded(Dtype type) {
    Parameters held =
        new Parameters(
            plan.layout(),
            0,
            (scope, parameter) -> {
              NDArray own = parameters.get(parameter.name());
              NDArray copy =
                  scope.empty(isRounded(parameter) ? type : Dtype.FLOAT32, parameter.dimensions());
              Ops.copyInto(copy, own);
              return copy;
            });
    parameters.close();
    return new Adapter(plan, held, fixed, baseSha256);
  }

  private boolean isRounded(ParameterSpec parameter) {
    return parameter.shape().size() > 1
        && parameter.module() != ParameterSpec.Module.DETECTION
        && plan.isWhole(parameter.name());
  }

  private static void drawDown(Parameters parameters, String name, long in, long seed) {
    double bound = 1 / Math.sqrt((double) in);
    SplittableRandom random = new SplittableRandom(seed ^ NameHash.of(name));
    Buffer.of(parameters.get(name)).write(host -> uniform(host.floats(), bound, random));
  }

  private static void uniform(HostFloats values, double bound, SplittableRandom random) {
    long count = values.size();
    for (long i = 0; i < count; i++) {
      values.set(i, (float) ((2 * random.nextDouble() - 1) * bound));
    }
  }

  /**
   * Writes a folder in the public format.
   *
   * @param base folder or name of the base model
   * @param digest digest of the base model's stored weights
   */
  public void write(Path folder, String base, String digest) throws IOException {
    var _ = write(folder, parameters, base, digest);
  }

  /**
   * The same with other values of its tensors; returns the file of tensors, beside which is the
   * configuration.
   *
   * @param values laid out as the plan says
   */
  public StoredFile write(Path folder, Parameters values, String base, String digest)
      throws IOException {
    return AdapterFile.write(folder, plan, whole(values), base, digest);
  }

  /**
   * The tensors to compute with, and to store.
   *
   * @param trained what is trained of them, by their names
   */
  public Weights whole(Weights trained) {
    return fixed.byName().isEmpty() ? trained : new FixedHalf(trained, fixed);
  }

  /**
   * Fails if the halves of updates that are fixed are stored with other values than they have here.
   *
   * @param tensors the adapter's, of a run like this one
   * @throws InvalidAdapterException naming a tensor
   */
  public void requireSameHalves(SafetensorsFile tensors) throws InvalidAdapterException {
    FixedHalf.requireSame(fixed, tensors);
  }

  /** The base model's weights with this adapter on top, for inference. */
  public AdaptedWeights on(Scope scope, Weights base) {
    return new AdaptedWeights(scope, base, plan, whole(parameters), Dropout.NONE);
  }

  /** Which layers and experts it sits on. */
  public AdapterPlan plan() {
    return plan;
  }

  /** What is trained of its tensors, by their public names. */
  public Parameters parameters() {
    return parameters;
  }

  /** Digest of the base model's stored weights it was made for, if it tells. */
  public Optional<String> baseSha256() {
    return baseSha256;
  }

  @Override
  public void close() {
    parameters.close();
    fixed.close();
  }
}
