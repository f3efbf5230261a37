package io.lockstep.data.augment.operator;

import io.lockstep.data.bank.BankRule;
import java.util.Optional;

/** An operator that may be given pieces of other pictures. */
public interface CopiesPatches {

  /** Which pieces it is given; empty if it copies within a picture only. */
  Optional<BankRule> bankRule();
}
