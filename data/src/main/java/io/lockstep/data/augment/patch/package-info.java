/**
 * Operators that copy pieces of pictures, with what is annotated on them, to other places: of the
 * same picture, or of another one by way of the patch bank. Imports what an operator is, pixels,
 * geometry, record text and the bank.
 */
@NullMarked
package io.lockstep.data.augment.patch;

import org.jspecify.annotations.NullMarked;
