/** {@code lockstep worker}. */
@NullMarked
package io.lockstep.cli.command.worker;

import org.jspecify.annotations.NullMarked;
