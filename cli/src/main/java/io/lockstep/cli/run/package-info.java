/**
 * The folder of a training run and what lies in it. Imports the file formats of model and worker.
 */
@NullMarked
package io.lockstep.cli.run;

import org.jspecify.annotations.NullMarked;
