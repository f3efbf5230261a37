package io.lockstep.model.config;

/**
 * What a vision tower's blocks are made of, as far as counting operations and memory needs it.
 *
 * @param mlpLayers linear layers of a block's MLP
 * @param mergers mergers, those of DeepStack included
 * @param windowTokens side of an attention window in merged tokens; 0 if there are none
 * @param windowedBlocks blocks that attend within windows
 * @param keepsScores whether differentiation keeps attention weights; a fused kernel doesn't
 * @param resultWidths results of a block's norms and activations beside what all families have, in
 *     widths of the residual stream
 * @param savedWidths what differentiation keeps of those
 * @param savedWidthsAdapted the same where norms are not trained
 * @param resultInners results as wide as the MLP
 * @param savedInners what differentiation keeps of those
 * @param wideNorms norms of a block that are computed in float32 whatever the type
 */
public record VisionCost(
    int mlpLayers,
    int mergers,
    int windowTokens,
    int windowedBlocks,
    boolean keepsScores,
    int resultWidths,
    int savedWidths,
    int savedWidthsAdapted,
    int resultInners,
    int savedInners,
    int wideNorms) {}
