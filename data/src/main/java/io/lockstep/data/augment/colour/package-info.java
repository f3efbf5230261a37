/** Operators that change colours. Imports what an operator is, and pictures. */
@NullMarked
package io.lockstep.data.augment.colour;

import org.jspecify.annotations.NullMarked;
