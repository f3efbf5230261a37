/** The folder of a training run and what lies in it. Imports the model's file formats only. */
@NullMarked
package io.lockstep.cli.run;

import org.jspecify.annotations.NullMarked;
