/**
 * The commands: each parses its arguments, checks them, and calls the module that does the work.
 * May import every module and every package of this one but the entry point.
 */
@NullMarked
package io.lockstep.cli.command;

import org.jspecify.annotations.NullMarked;
