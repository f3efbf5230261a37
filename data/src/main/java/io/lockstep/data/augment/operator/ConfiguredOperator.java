package io.lockstep.data.augment.operator;

import io.lockstep.config.Key;
import io.lockstep.config.Kinds;

/**
 * An operator of a configuration.
 *
 * @param prob the probability with which it is applied to a sample
 * @param operator a record, whose type names it
 */
public record ConfiguredOperator(
    @Key(
            value = "The probability with which it is applied to a sample.",
            otherwise = "1.0",
            min = 0,
            max = 1)
        double prob,
    @Key(inline = true) Operator operator) {

  /** In configurations. */
  public String name() {
    return Kinds.name(operator.getClass());
  }
}
