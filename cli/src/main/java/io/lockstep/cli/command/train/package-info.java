/**
 * Commands on a recipe or a run: {@code quickstart}, {@code train}, {@code validate}, {@code plan},
 * {@code report}.
 */
@NullMarked
package io.lockstep.cli.command.train;

import org.jspecify.annotations.NullMarked;
