package io.lockstep.model.family.qwen3vlmoe;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.ndarray.NDArray;
import io.lockstep.model.family.qwen3vlmoe.Experts.Routing;
import io.lockstep.model.network.Router;
import io.lockstep.model.parameter.ParameterLayout;
import io.lockstep.model.parameter.Parameters;
import io.lockstep.model.parameter.Weights;
import io.lockstep.tensor.Autograd;
import io.lockstep.tensor.Buffer;
import io.lockstep.tensor.Ops;
import io.lockstep.tensor.Scope;
import io.lockstep.tensor.Torch;
import java.util.List;
import java.util.Objects;
import java.util.SequencedMap;
import java.util.SplittableRandom;
import java.util.function.BiFunction;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Tokens that are sorted by expert give the bits of experts that are cut out one by one. */
@Tag("numeric")
class ExpertsTest {

  private static final int EXPERTS = 7;
  private static final int PER_TOKEN = 4;
  private static final int HIDDEN = 24;
  private static final int INNER = 16;
  private static final int ROWS = 3;
  private static final int LENGTH = 11;

  private final Experts experts =
      new Experts(new MoeConfig(EXPERTS, PER_TOKEN, INNER, 1, List.of()), "mlp.", HIDDEN);

  @BeforeAll
  static void startTorch() {
    Torch.start(1);
  }

  @Test
  void outputAndGradientsHaveTheBitsOfExpertsOneByOne() {
    try (Parameters parameters = new Parameters(new ParameterLayout(experts.parameters()));
        Scope scope = Scope.open()) {
      draw(parameters.flat(), 1);
      NDArray x = scope.fromFloats(new float[ROWS * LENGTH * HIDDEN], ROWS, LENGTH, HIDDEN);
      draw(x, 2);
      Walked sorted = walk(parameters, x, experts::apply);
      Walked plain = walk(parameters, x, ExpertsTest::oneByOne);
      assertArrayEquals(plain.output(), sorted.output());
      assertEquals(plain.gradients().size(), sorted.gradients().size());
      for (int i = 0; i < plain.gradients().size(); i++) {
        assertArrayEquals(plain.gradients().get(i), sorted.gradients().get(i), "gradient " + i);
      }
    }
  }

  @SuppressWarnings("ArrayRecordComponent")
  private record Walked(float[] output, List<float[]> gradients) {}

  private static Walked walk(
      Parameters parameters, NDArray x, BiFunction<Weights, NDArray, NDArray> computation) {
    SequencedMap<String, NDArray> leaves = parameters.leaves();
    NDArray input = Autograd.leaf(x);
    leaves.put("x", input);
    NDArray output = Autograd.recording(() -> computation.apply(leaves::get, input));
    Autograd.backward(Autograd.recording(() -> Ops.mul(output, output).sum()), null);
    return new Walked(
        output.toFloatArray(),
        leaves.values().stream()
            // The sign of a zero may differ, which no sum of gradients tells apart.
            .map(leaf -> Ops.plus(Autograd.gradient(leaf), 0).toFloatArray())
            .toList());
  }

  private static NDArray oneByOne(Weights weights, NDArray x) {
    NDArray tokens = x.reshape(-1, HIDDEN);
    NDArray probabilities = Ops.softmax(weights.linear("mlp.gate", tokens), -1);
    Routing routing = Routing.of(probabilities.toFloatArray(), new Router(EXPERTS, PER_TOKEN));
    NDArray mask = Ops.constant(routing.mask(), probabilities.getShape().getShape());
    NDArray chosen = Ops.mul(probabilities, mask);
    NDArray shares = chosen.div(chosen.sum(new int[] {1}, true));
    NDArray sum = tokens.zerosLike();
    for (int expert = 0; expert < EXPERTS; expert++) {
      long[] own = routing.tokens().get(expert);
      NDArray rows = Ops.constant(own, own.length);
      NDArray share = Ops.narrow(Ops.indexSelect(shares, 0, rows), 1, expert, 1);
      NDArray read = Ops.indexSelect(tokens, 0, rows);
      NDArray both = Ops.matmul(read, matrix(weights, "mlp.experts.gate_up_proj", expert));
      NDArray inner =
          Ops.silu(Ops.narrow(both, 1, 0, INNER)).mul(Ops.narrow(both, 1, INNER, INNER));
      NDArray out = Ops.matmul(inner, matrix(weights, "mlp.experts.down_proj", expert));
      sum = Ops.indexAdd(sum, 0, rows, Ops.mul(out, share));
    }
    return sum.reshape(x.getShape());
  }

  private static NDArray matrix(Weights weights, String name, int expert) {
    return Objects.requireNonNull(weights.find(name)).get(expert);
  }

  private static void draw(NDArray values, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    Buffer.of(values)
        .write(host -> {
          for (long i = 0; i < host.floats().size(); i++) {
            host.floats().set(i, (float) (random.nextDouble() - 0.5));
          }
        });
  }
}
