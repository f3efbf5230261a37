/**
 * One run as the command line gives it and as it is told: plan, progress, outcome. Imports nothing
 * of ours.
 */
@NullMarked
package io.lockstep.coordinator;

import org.jspecify.annotations.NullMarked;
