/** {@code lockstep config}: what recipes may say. */
@NullMarked
package io.lockstep.cli.command.config;

import org.jspecify.annotations.NullMarked;
