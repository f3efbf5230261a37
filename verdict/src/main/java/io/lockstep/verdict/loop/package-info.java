/**
 * The loop: its configuration, epochs, reflections, trials, artifacts, and going on after a kill.
 * May import all other packages.
 */
@NullMarked
package io.lockstep.verdict.loop;

import org.jspecify.annotations.NullMarked;
