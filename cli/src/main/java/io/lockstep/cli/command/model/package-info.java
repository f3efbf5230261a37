/** Commands on a checkpoint: {@code generate}, {@code eval}, {@code digest}, {@code export}. */
@NullMarked
package io.lockstep.cli.command.model;

import org.jspecify.annotations.NullMarked;
