/** {@code lockstep stage-a} and {@code stage-b}: clients of the gateway. */
@NullMarked
package io.lockstep.cli.command.stage;

import org.jspecify.annotations.NullMarked;
