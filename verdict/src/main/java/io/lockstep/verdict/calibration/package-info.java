/**
 * How probable labels and verdicts are, told from groups that were not looked at. Imports nothing
 * of ours.
 */
@NullMarked
package io.lockstep.verdict.calibration;

import org.jspecify.annotations.NullMarked;
