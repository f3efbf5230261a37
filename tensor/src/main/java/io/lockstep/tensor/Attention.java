package io.lockstep.tensor;

import static io.lockstep.tensor.Operator.flag;
import static io.lockstep.tensor.Operator.none;
import static io.lockstep.tensor.Operator.optional;
import static io.lockstep.tensor.Operator.real;
import static io.lockstep.tensor.Operator.some;
import static io.lockstep.tensor.Operator.tensor;

import ai.djl.ndarray.NDArray;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Scaled dot-product attention by a kernel that is known: libtorch chooses among several by device,
 * type and shape, and they round differently.
 */
public final class Attention {

  private static final Operator CHOICE = Operator.of("_fused_sdp_choice");
  private static final Operator MATH = Operator.of("_scaled_dot_product_attention_math");
  private static final Operator CPU_FLASH =
      Operator.of("_scaled_dot_product_flash_attention_for_cpu");

  /** Queries and keys of the tensors for which a kernel is asked for. */
  private static final long SOME_TOKENS = 16;

  private Attention() {}

  /** What is asked for, in the words of the public library. */
  public enum Implementation {
    /** Operator by operator, with the whole matrix of scores in memory. */
    EAGER,
    /** What libtorch takes for device, type and shape. */
    SDPA,
    /** The same, where FlashAttention-2 is what it takes for rows without padding. */
    FLASH_ATTENTION_2;

    /** Its name in recipes. */
    public String publicName() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** What attention is computed by. */
  public enum Kernel {
    /** Matrix products and a softmax, one after the other, on any device. */
    MATH,
    /** The fused kernel of libtorch for processors. */
    CPU_FLASH,
    /** FlashAttention-2 (Dao 2023) on a CUDA device. */
    FLASH,
    /** The memory-efficient kernel on a CUDA device (Rabe and Staats 2021), which takes masks. */
    EFFICIENT,
    /** NVIDIA's cuDNN. */
    CUDNN;

    /** Its name in logs and certificates. */
    public String publicName() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * What is attended with: {@link #apply} takes the kernel that such tensors get.
   *
   * @param heads of queries
   * @param keyHeads of keys and values
   * @param width of a head
   * @param single whether there is one query for many keys
   * @param masked whether there is a mask
   * @param causal whether tokens see those before them alone; excludes a mask
   */
  public record Form(
      Dtype type,
      int heads,
      int keyHeads,
      int width,
      boolean single,
      boolean masked,
      boolean causal) {}

  /**
   * {@code softmax(scale q k^T + mask) v}.
   *
   * @param q [B, H, T, D]
   * @param k [B, H or fewer, S, D]; each head serves as many of q
   * @param v as k
   * @param mask of q's type, added to the scores, broadcastable to [B, H, T, S]; excludes causal
   * @param causal whether position t sees keys up to t only
   * @param scale the factor on the scores
   * @return [B, H, T, D]
   * @throws TorchException if FlashAttention-2 was asked for and can't compute this
   */
  public static NDArray apply(
      Implementation implementation,
      NDArray q,
      NDArray k,
      NDArray v,
      @Nullable NDArray mask,
      boolean causal,
      double scale) {
    boolean grouped = q.getShape().get(1) != k.getShape().get(1);
    Kernel kernel = kernel(implementation, q, k, v, mask, causal, scale, grouped);
    return switch (kernel) {
      case MATH ->
          MATH.applyToFirst(
              2,
              tensor(q),
              tensor(k),
              tensor(v),
              optional(mask),
              real(0),
              flag(causal),
              none(),
              some(real(scale)),
              flag(grouped));
      case CPU_FLASH ->
          CPU_FLASH.applyToFirst(
              2,
              tensor(q),
              tensor(k),
              tensor(v),
              real(0),
              flag(causal),
              optional(mask),
              some(real(scale)));
      // It makes the same choice again, and lays tensors out as the kernel wants them.
      case FLASH, EFFICIENT, CUDNN ->
          Ops.scaledDotProductAttention(q, k, v, mask, causal, scale, grouped);
    };
  }

  /**
   * The kernel that computes such attention on the device of this process's tensors.
   *
   * @throws TorchException if FlashAttention-2 is asked for and can't
   */
  public static Kernel kernel(Implementation implementation, Form form) {
    long queries = form.single() ? 1 : SOME_TOKENS;
    try (Scope scope = Scope.open()) {
      NDArray q = scope.zeros(form.type(), 1, form.heads(), queries, form.width());
      NDArray k = scope.zeros(form.type(), 1, form.keyHeads(), SOME_TOKENS, form.width());
      NDArray mask = form.masked() ? scope.zeros(form.type(), 1, 1, queries, SOME_TOKENS) : null;
      boolean grouped = form.heads() != form.keyHeads();
      return kernel(implementation, q, k, k, mask, form.causal(), 1, grouped);
    }
  }

  private static Kernel kernel(
      Implementation implementation,
      NDArray q,
      NDArray k,
      NDArray v,
      @Nullable NDArray mask,
      boolean causal,
      double scale,
      boolean grouped) {
    if (implementation == Implementation.EAGER) {
      return Kernel.MATH;
    }
    Kernel chosen =
        switch ((int)
            CHOICE.applyToWhole(
                tensor(q),
                tensor(k),
                tensor(v),
                optional(mask),
                real(0),
                flag(causal),
                some(real(scale)),
                flag(grouped))) {
          case 0 -> Kernel.MATH;
          case 1 -> isCuda() ? Kernel.FLASH : Kernel.CPU_FLASH;
          case 2 -> Kernel.EFFICIENT;
          case 3 -> Kernel.CUDNN;
          default ->
              throw new TorchException(
                  "libtorch has no kernel of attention for %s %s and keys %s"
                      .formatted(Dtype.of(q).publicName(), q.getShape(), k.getShape()));
        };
    if (implementation == Implementation.FLASH_ATTENTION_2
        && mask == null
        && chosen != Kernel.FLASH) {
      throw new TorchException(
          "flash_attention_2 is not there for %s heads of width %d on %s, where attention is computed by %s: it needs a CUDA device of compute capability 8.0 or newer, and bfloat16"
              .formatted(
                  Dtype.of(q).publicName(),
                  q.getShape().get(q.getShape().dimension() - 1),
                  isCuda() ? Devices.ofTensors() : "the CPU",
                  chosen.publicName()));
    }
    return chosen;
  }

  private static boolean isCuda() {
    return Devices.ofTensors().torchKind() == Devices.TORCH_CUDA;
  }
}
