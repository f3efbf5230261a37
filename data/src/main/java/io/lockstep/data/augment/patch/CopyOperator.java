package io.lockstep.data.augment.patch;

import io.lockstep.data.augment.operator.AnnotatedPicture;
import io.lockstep.data.augment.operator.BarrierOperator;
import io.lockstep.data.augment.operator.BarrierResult;
import io.lockstep.data.augment.operator.CopiesPatches;
import io.lockstep.data.augment.operator.OperatorContext;
import io.lockstep.data.bank.BankRule;
import java.util.List;
import java.util.Optional;

/** An operator that copies pieces. */
interface CopyOperator extends BarrierOperator, CopiesPatches {

  /** Which pieces, and how. */
  CopyPaste copyPaste();

  @Override
  default boolean changesObjects() {
    return true;
  }

  @Override
  default List<String> skipReasons() {
    return List.of(CopyPaste.NOTHING_PASTED);
  }

  @Override
  default Optional<BankRule> bankRule() {
    return copyPaste().bankRule();
  }

  @Override
  default BarrierResult apply(AnnotatedPicture in, OperatorContext context) {
    return copyPaste().apply(in, context);
  }
}
