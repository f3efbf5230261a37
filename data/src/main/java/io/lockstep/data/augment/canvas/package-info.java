/**
 * Operators that change a picture's size or cut parts of it off. Imports what an operator is,
 * pixels and geometry.
 */
@NullMarked
package io.lockstep.data.augment.canvas;

import org.jspecify.annotations.NullMarked;
