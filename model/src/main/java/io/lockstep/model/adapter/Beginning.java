package io.lockstep.model.adapter;

import io.lockstep.model.decomposition.Factors;
import io.lockstep.model.decomposition.WeightMatrix;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SplittableRandom;

/**
 * How the updates of an adapter begin, with the meaning that the public PEFT library gives to
 * {@code init_lora_weights}.
 */
public sealed interface Beginning {

  /** The words for it, in a list for messages. */
  String WORDS = "true, pissa, pissa_niter_N (N rounds that approximate it) or olora";

  /** The name of PiSSA by exact singular vectors. */
  String EXACT = "pissa";

  /** What stands before the number of rounds. */
  String ITERATED = "pissa_niter_";

  /** The name of OLoRA. */
  String QR = "olora";

  /** How the words are written, as a regular expression. */
  String PATTERN = "^(true|pissa|pissa_niter_\\d{1,3}|olora)$";

  /** Without any effect: A is drawn, B is zero. */
  record Unchanged() implements Beginning {
    @Override
    public String text() {
      return "true";
    }
  }

  /**
   * A beginning at a part of the weight itself: update and weight together must not change anything
   * yet, so that the same part is taken off again by a second half of the update that is fixed.
   */
  sealed interface FromWeight extends Beginning {

    /**
     * The part of a weight, {@code scale * left right^T}.
     *
     * @param rank number of vectors
     * @param scale of the update, above 0
     * @param random draws where it is begun to look for them
     * @return vectors to be used as they are, with values 1
     */
    Factors part(WeightMatrix weight, int rank, double scale, SplittableRandom random);
  }

  /**
   * At the leading singular vectors of the weight (Meng et al., "PiSSA: Principal singular values
   * and singular vectors adaptation of large language models", 2024).
   *
   * @param rounds of the iteration that approximates them; to the accuracy of float64 if there is
   *     none
   */
  record Pissa(OptionalInt rounds) implements FromWeight {
    @Override
    public String text() {
      return rounds.isPresent() ? ITERATED + rounds.getAsInt() : EXACT;
    }

    @Override
    public Factors part(WeightMatrix weight, int rank, double scale, SplittableRandom random) {
      Factors leading =
          rounds.isPresent()
              ? Factors.approximate(weight, rank, rounds.getAsInt(), random)
              : Factors.leading(weight, rank, random);
      return leading.balanced(1 / scale);
    }
  }

  /**
   * At the first vectors of the weight's QR decomposition (Buyukakyuz, "OLoRA: Orthonormal low-rank
   * adaptation of large language models", 2024).
   */
  record Olora() implements FromWeight {
    @Override
    public String text() {
      return QR;
    }

    @Override
    public Factors part(WeightMatrix weight, int rank, double scale, SplittableRandom random) {
      return Factors.orthonormal(weight, rank, random);
    }
  }

  /** What the public library calls it; the reverse of {@link #of}. */
  String text();

  /** The one without any effect. */
  static Beginning unchanged() {
    return new Unchanged();
  }

  /** The beginning that a word means. */
  static Optional<Beginning> of(String text) {
    if (text.equals(unchanged().text())) {
      return Optional.of(unchanged());
    }
    if (text.equals(EXACT)) {
      return Optional.of(new Pissa(OptionalInt.empty()));
    }
    if (text.equals(QR)) {
      return Optional.of(new Olora());
    }
    return text.matches(PATTERN)
        ? Optional.of(
            new Pissa(OptionalInt.of(Integer.parseInt(text.substring(ITERATED.length())))))
        : Optional.empty();
  }

  /** Whether updates have a second half that is fixed. */
  default boolean hasFixedHalf() {
    return this instanceof FromWeight;
  }
}
