/**
 * What a run looks at before it learns from anything: whether its first samples are as the model
 * needs them. Imports the loader.
 */
@NullMarked
package io.lockstep.worker.preflight;

import org.jspecify.annotations.NullMarked;
