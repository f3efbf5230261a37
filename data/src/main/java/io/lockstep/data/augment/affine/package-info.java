/** Operators that map pixels affinely. Imports what an operator is, and geometry. */
@NullMarked
package io.lockstep.data.augment.affine;

import org.jspecify.annotations.NullMarked;
