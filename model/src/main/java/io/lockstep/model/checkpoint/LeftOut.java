package io.lockstep.model.checkpoint;

import io.lockstep.model.config.VisionConfig;
import io.lockstep.model.layer.InverseFrequency;
import io.lockstep.model.network.ModelConfig;
import io.lockstep.model.safetensors.DType;
import io.lockstep.model.safetensors.FloatConversion;
import io.lockstep.model.safetensors.StoredValues;
import io.lockstep.model.safetensors.TensorInfo;
import io.lockstep.model.safetensors.TensorSource;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stored tensors that are no parameters: a second copy of a head that is the embedding table, and
 * the frequencies of rotary embeddings, which follow from the configuration. Each is compared with
 * what is computed with instead before it is left out.
 */
final class LeftOut {

  /** The head; stored by some tools even if it is tied to the embedding table. */
  static final String HEAD = "lm_head.weight";

  private static final Logger LOG = LoggerFactory.getLogger(LeftOut.class);
  private static final Pattern FREQUENCIES =
      Pattern.compile("(.*\\.)?rotary_(pos_)?emb\\.(original_)?inv_freq");

  private final ModelConfig config;

  LeftOut(ModelConfig config) {
    this.config = config;
  }

  /** Whether a tensor may be left out if its values allow it. */
  boolean covers(String stored) {
    return stored.equals(HEAD) ? config.tieWordEmbeddings() : FREQUENCIES.matcher(stored).matches();
  }

  /**
   * Compares a tensor with what is computed with instead.
   *
   * @param table stored name of the embedding table
   * @return what is wrong, if anything
   */
  Optional<String> problem(TensorSource tensors, String stored, String table) {
    Optional<String> problem =
        stored.equals(HEAD)
            ? headProblem(tensors, table)
            : frequencyProblem(tensors.info(stored), tensors.values(stored));
    if (problem.isEmpty()) {
      LOG.info(
          "tensor {} is left out: {} holds the same",
          stored,
          stored.equals(HEAD) ? table : "config.json");
    }
    return problem;
  }

  private static Optional<String> headProblem(TensorSource tensors, String table) {
    TensorInfo head = tensors.info(HEAD);
    TensorInfo other = tensors.info(table);
    String advice =
        "config.json ties the head to the embedding table (tie_word_embeddings), but %s %s: set"
            + " tie_word_embeddings to false if the head is one of its own, or remove the tensor";
    if (!head.shape().equals(other.shape()) || !FloatConversion.isFloat(head.dtype())) {
      return Optional.of(
          advice.formatted(HEAD, "is " + head.dtype() + " " + head.shape() + ", not its shape"));
    }
    OptionalLong index = tensors.values(HEAD).firstDifference(tensors.values(table));
    if (index.isEmpty()) {
      return Optional.empty();
    }
    long width = head.shape().getLast();
    return Optional.of(
        advice.formatted(
            HEAD,
            "holds other values, first at [%d, %d]"
                .formatted(index.getAsLong() / width, index.getAsLong() % width)));
  }

  private Optional<String> frequencyProblem(TensorInfo info, StoredValues values) {
    float[] expected =
        info.name().contains("visual.")
            ? InverseFrequency.all(VisionConfig.ROPE_THETA, config.vision().headDim() / 2)
            : InverseFrequency.all(config.text().ropeTheta(), config.text().headDim());
    if (!info.shape().equals(List.of((long) expected.length))
        || !FloatConversion.isFloat(info.dtype())) {
      return Optional.of(
          "tensor %s is %s %s, config.json gives %d frequencies"
              .formatted(info.name(), info.dtype(), info.shape(), expected.length));
    }
    float[] stored = values.toFloats();
    for (int i = 0; i < expected.length; i++) {
      if (!(Math.abs(stored[i] - expected[i]) <= rounding(info.dtype(), expected[i]))) {
        return Optional.of(
            "tensor %s holds %s at [%d], config.json gives %s: its rope_theta is not the one that the model was trained with"
                .formatted(info.name(), stored[i], i, expected[i]));
      }
    }
    return Optional.empty();
  }

  /** How far a value may be off that was rounded to a type; the last one is float16's smallest. */
  private static double rounding(DType type, float value) {
    return switch (type) {
      case BF16 -> value / 256;
      case F16 -> value / 1024 + 6e-8;
      default -> value * 1e-6;
    };
  }
}
