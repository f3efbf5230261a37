/**
 * Reference folders: what an implementation computes with a model, as files; how they are read,
 * compared with and written. Imports {@code align} and what that imports.
 */
@NullMarked
package io.lockstep.model.align.reference;

import org.jspecify.annotations.NullMarked;
