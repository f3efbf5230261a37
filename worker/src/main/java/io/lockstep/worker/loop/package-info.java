/**
 * What a worker does between joining a run and its end: it follows the coordinator's directives
 * through generations, steps and checkpoints. Imports everything else of the worker.
 */
@NullMarked
package io.lockstep.worker.loop;

import org.jspecify.annotations.NullMarked;
