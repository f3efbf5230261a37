/**
 * A model's parameters: their names, shapes and place in one flat float32 buffer. Imports {@code
 * tensor} only.
 */
@NullMarked
package io.lockstep.model.parameter;

import org.jspecify.annotations.NullMarked;
