package io.lockstep.model.config;

import java.util.List;

/**
 * The language model's shape.
 *
 * @param vocabSize rows of the embedding table
 * @param hiddenSize width of the residual stream
 * @param intermediateSize width of the MLP
 * @param layers number of decoder layers
 * @param heads number of query heads
 * @param kvHeads number of key and value heads; divides {@code heads}
 * @param headDim width of one head; heads times headDim may differ from hiddenSize
 * @param rmsNormEps added to the mean square in every RMSNorm
 * @param ropeTheta base of the rotary frequencies
 * @param mropeSection rotary frequencies for time, height and width; they sum to headDim / 2
 * @param mropeInterleaved whether the axes take turns from frequency to frequency, or each takes a
 *     contiguous section
 * @param attentionBias whether the q, k and v projections have a bias
 * @param queryKeyNorm whether queries and keys are normalised head by head
 * @param maxPositionEmbeddings longest sequence the model was made for, in tokens
 */
public record TextConfig(
    int vocabSize,
    int hiddenSize,
    int intermediateSize,
    int layers,
    int heads,
    int kvHeads,
    int headDim,
    double rmsNormEps,
    double ropeTheta,
    List<Integer> mropeSection,
    boolean mropeInterleaved,
    boolean attentionBias,
    boolean queryKeyNorm,
    int maxPositionEmbeddings) {

  public TextConfig {
    mropeSection = List.copyOf(mropeSection);
  }
}
