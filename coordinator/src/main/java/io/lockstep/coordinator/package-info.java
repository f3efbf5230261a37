/**
 * What a run is to do and how it goes, as the command line knows it: plan, status, outcome. Imports
 * {@code data.plan}.
 */
@NullMarked
package io.lockstep.coordinator;

import org.jspecify.annotations.NullMarked;
