package io.lockstep.tensor;

import static io.lockstep.tensor.Operator.flag;
import static io.lockstep.tensor.Operator.none;
import static io.lockstep.tensor.Operator.number;
import static io.lockstep.tensor.Operator.optional;
import static io.lockstep.tensor.Operator.real;
import static io.lockstep.tensor.Operator.some;
import static io.lockstep.tensor.Operator.tensor;
import static io.lockstep.tensor.Operator.type;
import static io.lockstep.tensor.Operator.whole;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.jni.JniUtils;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The operators of the models, differentiable unless they say otherwise.
 *
 * <p>Results belong to the innermost scope open on the calling thread. Letters of shapes: B batch,
 * H heads, T positions of queries, S positions of keys, D width of a head, N rows, C channels, V
 * vocabulary, ... any dimensions. DJL's own methods (add, mul, reshape, transpose, concat, get)
 * work on the same tensors. Shapes or types that do not fit throw a {@link TorchException} that
 * quotes them.
 */
public final class Ops {

  /** How libtorch numbers the sum among the reductions of a loss. */
  private static final long REDUCTION_SUM = 2;

  private static final double GELU_TANH_INNER = Math.sqrt(2 / Math.PI);
  private static final double GELU_TANH_CUBIC = 0.044715;

  private static final Operator LINEAR = Operator.of("linear");
  private static final Operator MATMUL = Operator.of("matmul");
  private static final Operator EMBEDDING = Operator.of("embedding");
  private static final Operator ATTENTION = Operator.of("scaled_dot_product_attention");
  private static final Operator SILU = Operator.of("silu");
  private static final Operator TANH = Operator.of("tanh");
  private static final Operator RSQRT = Operator.of("rsqrt");
  private static final Operator NEG = Operator.of("neg");
  private static final Operator MUL = Operator.of("mul", "Tensor");
  private static final Operator TO_TYPE = Operator.of("to", "dtype");
  private static final Operator CROSS_ENTROPY = Operator.of("cross_entropy_loss");
  private static final Operator MASKED_SCATTER = Operator.of("masked_scatter");
  private static final Operator INDEX_SELECT = Operator.of("index_select");
  private static final Operator SCATTER_ADD = Operator.of("scatter_add");
  private static final Operator SCATTER_ADD_INTO = Operator.of("scatter_add_");
  private static final Operator SOFTMAX = Operator.of("softmax", "int");
  private static final Operator ARGMAX = Operator.of("argmax");
  private static final Operator COPY = Operator.of("copy_");
  private static final Operator NARROW = Operator.of("narrow");
  private static final Operator EXPAND_AS = Operator.of("expand_as");
  private static final Operator ZEROS_LIKE = Operator.of("zeros_like");
  private static final Operator CONTIGUOUS = Operator.of("contiguous");

  private Ops() {}

  /**
   * A float32 tensor with a copy of these values in row-major order. Unlike those that DJL's
   * managers make of arrays, whose memory Java frees, it may be part of a graph that is walked
   * later.
   */
  public static NDArray constant(float[] values, long... shape) {
    return Scope.current().fromFloats(values, shape);
  }

  /** The same of int64. */
  public static NDArray constant(long[] values, long... shape) {
    return Scope.current().fromLongs(values, shape);
  }

  /** {@code x weight^T + bias}: x [..., in], weight [out, in], bias [out] to [..., out]. */
  public static NDArray linear(NDArray x, NDArray weight, @Nullable NDArray bias) {
    return LINEAR.apply(tensor(x), tensor(weight), optional(bias));
  }

  /** The matrix product over the last two dimensions, the others broadcast. */
  public static NDArray matmul(NDArray left, NDArray right) {
    return MATMUL.apply(tensor(left), tensor(right));
  }

  /**
   * A convolution without padding and bias whose kernel moves by its own size.
   *
   * @param x [N, C, size...]
   * @param kernel [out, C, step...], of one to three dimensions of space
   * @return [N, out, size / step...]
   */
  public static NDArray convolution(NDArray x, NDArray kernel) {
    Shape steps = kernel.getShape().slice(2);
    long[] ones = new long[steps.dimension()];
    Arrays.fill(ones, 1);
    return JniUtils.convolution(
        Autograd.torch(x),
        Autograd.torch(kernel),
        null,
        steps,
        new Shape(new long[ones.length]),
        new Shape(ones),
        1);
  }

  /** The rows of weight [V, C] that ids [...] (int64) name, as [..., C]. */
  public static NDArray embedding(NDArray weight, NDArray ids) {
    return EMBEDDING.apply(tensor(weight), tensor(ids), whole(-1), flag(false), flag(false));
  }

  /**
   * {@code softmax(scale q k^T + mask) v} without storing the matrix of weights where libtorch has
   * a fused kernel.
   *
   * @param q [B, H, T, D]
   * @param k [B, H or fewer, S, D]; fewer heads need enableGqa
   * @param v as k
   * @param mask bool (true: attend) or of q's type (added to the scores), broadcastable to [B, H,
   *     T, S]; excludes causal
   * @param causal whether position t sees keys up to t only
   * @param scale the factor on the scores, usually {@code 1 / sqrt(D)}
   * @param enableGqa whether each head of k and v serves several heads of q
   * @return [B, H, T, D]
   */
  public static NDArray scaledDotProductAttention(
      NDArray q,
      NDArray k,
      NDArray v,
      @Nullable NDArray mask,
      boolean causal,
      double scale,
      boolean enableGqa) {
    return ATTENTION.apply(
        tensor(q),
        tensor(k),
        tensor(v),
        optional(mask),
        real(0),
        flag(causal),
        some(real(scale)),
        flag(enableGqa));
  }

  /** {@code x sigmoid(x)}. */
  public static NDArray silu(NDArray x) {
    return SILU.apply(tensor(x));
  }

  /** {@code x Phi(x)} with the exact normal distribution function. */
  public static NDArray geluErf(NDArray x) {
    return JniUtils.gelu(Autograd.torch(x));
  }

  /** {@code 0.5 x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))} (Hendrycks and Gimpel 2016). */
  public static NDArray geluTanh(NDArray x) {
    // The order of libtorch's own kernel, so that both round alike.
    NDArray cube = mul(mul(x, x), x);
    NDArray inner = times(x.add(times(cube, GELU_TANH_CUBIC)), GELU_TANH_INNER);
    return mul(times(x, 0.5), plus(TANH.apply(tensor(inner)), 1));
  }

  /**
   * {@code x / sqrt(mean(x^2) + eps) weight} over the last dimension (Zhang and Sennrich 2019).
   *
   * <p>Computed in float32, rounded to x's type, then multiplied by weight [C].
   */
  public static NDArray rmsNorm(NDArray x, NDArray weight, double eps) {
    Dtype given = Dtype.of(x);
    NDArray wide = cast(x, Dtype.FLOAT32);
    NDArray meanOfSquares = JniUtils.mean(Autograd.torch(mul(wide, wide)), -1, true);
    NDArray normalised = mul(wide, RSQRT.apply(tensor(plus(meanOfSquares, eps))));
    return mul(cast(normalised, given), weight);
  }

  /**
   * {@code (x - mean) / sqrt(variance + eps) weight + bias} over the last dimension; weight and
   * bias [C].
   */
  public static NDArray layerNorm(NDArray x, NDArray weight, NDArray bias, double eps) {
    return JniUtils.layerNorm(
        Autograd.torch(x),
        new Shape(weight.size()),
        Autograd.torch(weight),
        Autograd.torch(bias),
        (float) eps);
  }

  /**
   * The same values in another type; the tensor itself (a further handle to it) if it has that
   * type.
   */
  public static NDArray cast(NDArray x, Dtype to) {
    return TO_TYPE.apply(tensor(x), type(to), flag(false), flag(false), none());
  }

  /**
   * The same values in another type: the tensor itself, no copy or further handle, if it has it.
   */
  public static NDArray as(NDArray x, Dtype type) {
    return Native.dtype(Native.handle(x)) == type.code() ? x : cast(x, type);
  }

  /**
   * The same values in the type of another tensor, such as those of a weight in the type of what it
   * is applied to; the tensor itself if both have one type.
   */
  public static NDArray asTypeOf(NDArray other, NDArray x) {
    int wanted = Native.dtype(Native.handle(other));
    return Native.dtype(Native.handle(x)) == wanted ? x : cast(x, Dtype.of(other));
  }

  /**
   * The sum over rows of {@code -log softmax(logits)[label]}, as a tensor with one element.
   *
   * @param logits [N, V]
   * @param labels [N], int64
   * @param ignoreIndex the label of rows that do not count
   */
  public static NDArray crossEntropySum(NDArray logits, NDArray labels, long ignoreIndex) {
    return CROSS_ENTROPY.apply(
        tensor(logits), tensor(labels), none(), whole(REDUCTION_SUM), whole(ignoreIndex), real(0));
  }

  /**
   * A copy of self in which the elements that mask (bool, broadcastable) selects are source's
   * elements, in order.
   */
  public static NDArray maskedScatter(NDArray self, NDArray mask, NDArray source) {
    return MASKED_SCATTER.apply(tensor(self), tensor(mask), tensor(source));
  }

  /** The slices of x along dim that index [K] (int64) names, in its order. */
  public static NDArray indexSelect(NDArray x, int dim, NDArray index) {
    return INDEX_SELECT.apply(tensor(x), whole(dim), tensor(index));
  }

  /**
   * A copy of x to whose slices along dim the slices of source are added: slice {@code index[i]}
   * gets slice i of source.
   *
   * @param index [K], int64; a repeated index adds repeatedly, in order
   * @param source like x, but K long along dim
   */
  public static NDArray indexAdd(NDArray x, int dim, NDArray index, NDArray source) {
    NDArray spread = spread(dim, index, source);
    return SCATTER_ADD.apply(tensor(x), whole(dim), tensor(spread), tensor(source));
  }

  /** The same into x itself, recorded like other operators; x must be no leaf of the graph. */
  public static void indexAddInPlace(NDArray x, int dim, NDArray index, NDArray source) {
    NDArray spread = spread(dim, index, source);
    SCATTER_ADD_INTO.applyInPlace(tensor(x), whole(dim), tensor(spread), tensor(source));
  }

  private static NDArray spread(int dim, NDArray index, NDArray source) {
    int dimensions = source.getShape().dimension();
    long[] aligned = new long[dimensions];
    Arrays.fill(aligned, 1);
    aligned[Math.floorMod(dim, dimensions)] = index.size();
    return EXPAND_AS.apply(tensor(index.reshape(aligned)), tensor(source));
  }

  /**
   * Rotary position embedding: {@code x cos + rotate_half(x) sin} (Su et al. 2021).
   *
   * <p>rotate_half turns the last dimension [a, b] into [-b, a].
   *
   * <p>Computed in the wider type of x and the angles', and rounded to x's.
   *
   * @param x [..., D], D even
   * @param cos broadcastable to x
   * @param sin broadcastable to x
   */
  public static NDArray rotary(NDArray x, NDArray cos, NDArray sin) {
    long half = x.getShape().get(x.getShape().dimension() - 1) / 2;
    NDArray first = narrow(x, -1, 0, half);
    NDArray second = narrow(x, -1, half, half);
    NDArray turned = NEG.apply(tensor(second)).concat(first, -1);
    return asTypeOf(x, mul(x, cos).add(mul(turned, sin)));
  }

  /** Softmax along dim. */
  public static NDArray softmax(NDArray x, int dim) {
    return SOFTMAX.apply(tensor(x), whole(dim), none());
  }

  /**
   * The position of the largest element along dim, int64, the first of equals; not differentiable.
   */
  public static NDArray argmax(NDArray x, int dim) {
    return ARGMAX.apply(tensor(x), some(whole(dim)), flag(false));
  }

  /** The elementwise product, broadcast. */
  public static NDArray mul(NDArray left, NDArray right) {
    return mul(left, tensor(right));
  }

  /** Every element times a number, in the tensor's own type. */
  public static NDArray times(NDArray x, double factor) {
    return inTypeOf(x, mul(x, number(factor)));
  }

  private static NDArray mul(NDArray left, Operator.Argument right) {
    return MUL.apply(tensor(left), right);
  }

  /** Every element plus a number, in the tensor's own type. */
  public static NDArray plus(NDArray x, double summand) {
    try (NDArray number = Scope.current().adopt(Native.scalar(summand))) {
      return inTypeOf(x, x.add(number));
    }
  }

  /** A number widens a tensor that has no dimensions either, and only such a one. */
  private static NDArray inTypeOf(NDArray x, NDArray result) {
    return x.getShape().dimension() == 0 ? cast(result, Dtype.of(x)) : result;
  }

  /** Zeros of x's shape and type. */
  public static NDArray zerosLike(NDArray x) {
    return ZEROS_LIKE.apply(tensor(x), none(), none(), none(), none(), none());
  }

  /** The same for who owns the handle. */
  static long narrowHandle(NDArray x, int dim, long start, long length) {
    return NARROW.applyToHandle(tensor(x), whole(dim), whole(start), whole(length));
  }

  /** The part of x along dim that starts at start and is length long, sharing x's memory. */
  public static NDArray narrow(NDArray x, int dim, long start, long length) {
    return NARROW.apply(tensor(x), whole(dim), whole(start), whole(length));
  }

  /**
   * The same elements in row-major order without gaps; the tensor itself (a further handle to it)
   * if it is so already.
   */
  public static NDArray contiguous(NDArray x) {
    return CONTIGUOUS.apply(tensor(x), whole(0));
  }

  /**
   * Overwrites dst with src (broadcast and cast as needed); call it in {@link Autograd#inference}
   * for leaves.
   */
  public static void copyInto(NDArray dst, NDArray src) {
    COPY.applyInPlace(tensor(dst), tensor(src), flag(false));
  }

  /** The same without waiting, where src is pinned memory and dst lies on a device. */
  static void queueCopy(NDArray dst, NDArray src) {
    COPY.applyInPlace(tensor(dst), tensor(src), flag(true));
  }

  /** Adds src to dst in place; call it in {@link Autograd#inference} for leaves. */
  public static void addInPlace(NDArray dst, NDArray src) {
    JniUtils.addi(Autograd.torch(dst), Autograd.torch(src));
  }
}
