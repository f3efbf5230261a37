/**
 * The page of a run: one HTML file that needs no other, drawn from what the run's folder holds. May
 * import charts, the console, run folders and the data's records.
 */
@NullMarked
package io.lockstep.cli.report;

import org.jspecify.annotations.NullMarked;
