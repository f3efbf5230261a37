/** {@code lockstep coordinator}. */
@NullMarked
package io.lockstep.cli.command.coordinator;

import org.jspecify.annotations.NullMarked;
