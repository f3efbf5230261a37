/** {@code lockstep stage-a}, {@code stage-b} and {@code caption}: clients of the gateway. */
@NullMarked
package io.lockstep.cli.command.stage;

import org.jspecify.annotations.NullMarked;
