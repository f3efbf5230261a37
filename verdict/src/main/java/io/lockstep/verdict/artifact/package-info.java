/**
 * The files of a run: what each row holds, and how they are written. May import declared keys
 * alone.
 */
@NullMarked
package io.lockstep.verdict.artifact;

import org.jspecify.annotations.NullMarked;
