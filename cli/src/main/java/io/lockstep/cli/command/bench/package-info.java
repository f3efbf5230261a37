/** {@code lockstep bench}. */
@NullMarked
package io.lockstep.cli.command.bench;

import org.jspecify.annotations.NullMarked;
