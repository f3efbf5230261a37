package io.lockstep.data.augment.operator;

import io.lockstep.data.bank.PatchSupply;
import java.util.Optional;

/**
 * What a barrier may know besides the picture.
 *
 * @param key which sample of which epoch it is
 * @param step in which the sample is drawn, from 0
 * @param draws the operator's random numbers on this sample
 * @param patches pieces of other pictures, where a configuration asks for some
 */
public record OperatorContext(
    SampleKey key, long step, Draws draws, Optional<PatchSupply> patches) {}
