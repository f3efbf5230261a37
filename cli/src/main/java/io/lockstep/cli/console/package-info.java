/**
 * What a person at a terminal sees: progress, tables, sparklines, one-line errors, logging. Imports
 * the pace of steps alone.
 */
@NullMarked
package io.lockstep.cli.console;

import org.jspecify.annotations.NullMarked;
