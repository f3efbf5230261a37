/**
 * {@code lockstep align}: what training and serving compute, against each other and against
 * references.
 */
@NullMarked
package io.lockstep.cli.command.align;

import org.jspecify.annotations.NullMarked;
