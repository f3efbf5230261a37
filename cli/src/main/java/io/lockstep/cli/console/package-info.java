/**
 * What a person at a terminal sees: progress, tables, sparklines, one-line errors, logging. Imports
 * nothing of ours.
 */
@NullMarked
package io.lockstep.cli.console;

import org.jspecify.annotations.NullMarked;
