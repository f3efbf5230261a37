package io.lockstep.data.augment.operator;

/**
 * What a barrier may know besides the picture.
 *
 * @param key which sample of which epoch it is
 * @param draws the operator's random numbers on this sample
 */
public record Occasion(SampleKey key, Draws draws) {}
