/** {@code lockstep gateway}. */
@NullMarked
package io.lockstep.cli.command.gateway;

import org.jspecify.annotations.NullMarked;
