/**
 * The pure arithmetic of the schedule: which sample stands at which position, which virtual rank
 * computes it, which worker holds that virtual rank, how long the rest will take. Imports nothing
 * of ours, so that the coordinator and the workers share it.
 */
@NullMarked
package io.lockstep.data.plan;

import org.jspecify.annotations.NullMarked;
