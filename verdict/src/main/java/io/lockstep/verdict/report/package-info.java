/**
 * What follows from the rows of a run: metrics, reports, suspects. May import artifacts and
 * calibration.
 */
@NullMarked
package io.lockstep.verdict.report;

import org.jspecify.annotations.NullMarked;
