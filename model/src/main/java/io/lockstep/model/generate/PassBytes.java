package io.lockstep.model.generate;

import io.lockstep.model.config.TextConfig;
import io.lockstep.model.config.VisionConfig;
import io.lockstep.model.network.ModelConfig;
import io.lockstep.tensor.Dtype;
import java.util.List;

/**
 * Memory of generating answers, counted from lengths before any of it is spent: an upper bound of
 * what a batch takes beside the weights. Text grows with the square of its length, as attention
 * lays out the scores of all pairs of tokens.
 */
public final class PassBytes {

  /** Scores before and after the softmax. */
  private static final int SCORES = 2;

  /** The mask of padding: what it is filled from, and itself. */
  private static final int MASKS = 2;

  /** Results of a layer as wide as the model: residuals, norms, squares, sums, outputs. */
  private static final int WIDE = 10;

  /** Results of a layer as wide as its heads: projected, normed, rotated, repeated, attended. */
  private static final int HEADS = 6;

  /** Results as wide as the MLP: gate, its activation, up, their product. */
  private static final int INNER = 4;

  /** Pixels of the samples, of their batch, and in the tensor library. */
  private static final int PIXELS = 3;

  /** Copies of the logits of a row's last token. */
  private static final int LOGITS = 4;

  private PassBytes() {}

  /** Most memory of one batch, in bytes. */
  public static long of(ModelConfig config, Profile profile, List<Prompt> prompts) {
    long rows = prompts.size();
    long prompt = 0;
    long longest = 0;
    long patches = 0;
    for (Prompt each : prompts) {
      prompt = Math.max(prompt, each.sample().tokens().length);
      longest = Math.max(longest, each.decoding().maxNewTokens());
      patches += each.sample().images().stream().mapToLong(image -> image.grid().patches()).sum();
    }
    TextConfig text = config.text();
    boolean cached = profile == Profile.CACHED;
    double whole = (double) prompt + longest;
    double values =
        text(config, rows, cached ? (double) prompt : whole)
            + (cached ? keysAndValues(text, rows, whole) : 0)
            + vision(config.vision(), (double) patches)
            + (double) LOGITS * rows * text.vocabSize();
    return (long) (values * Dtype.FLOAT32.bytes());
  }

  private static double text(ModelConfig config, long rows, double length) {
    TextConfig text = config.text();
    double perToken =
        (double) WIDE * text.hiddenSize()
            + (double) HEADS * (text.heads() + 2 * text.kvHeads()) * text.headDim()
            + INNER * config.feedForwardWidth();
    double perPair = (double) SCORES * text.heads() + MASKS;
    return rows * length * (text.layers() * perToken + length * perPair);
  }

  private static double keysAndValues(TextConfig text, long rows, double length) {
    return 2.0 * text.layers() * rows * text.kvHeads() * length * text.headDim();
  }

  private static double vision(VisionConfig vision, double patches) {
    double perPatch =
        (double) (WIDE + HEADS) * vision.hiddenSize() + (double) INNER * vision.intermediateSize();
    return patches * (PIXELS * (double) vision.patchValues() + vision.depth() * perPatch);
  }
}
