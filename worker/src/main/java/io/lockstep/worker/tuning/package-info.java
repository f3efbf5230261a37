/**
 * What a run trains of its model: a configuration applied to the model's parameters, and the table
 * that tells it. Imports the worker's configuration and the model's packages.
 */
@NullMarked
package io.lockstep.worker.tuning;

import org.jspecify.annotations.NullMarked;
