package io.lockstep.data.augment.operator;

/** Something that augmentation does to a picture; immutable, for any number of threads. */
public sealed interface Operator permits AffineOperator, BarrierOperator, ColourOperator {}
