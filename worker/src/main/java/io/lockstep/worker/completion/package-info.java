/**
 * Answers that are written while a run goes on, by the model that is trained or by its teacher, and
 * learned from in the place of the records' own. Imports the worker's {@code loader} and {@code
 * config} packages.
 */
@NullMarked
package io.lockstep.worker.completion;

import org.jspecify.annotations.NullMarked;
