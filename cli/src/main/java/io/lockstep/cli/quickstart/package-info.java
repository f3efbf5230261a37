/**
 * The main job from one end to the other on one machine, and its report. May import every package
 * of this module but the commands and the entry point, and every other module.
 */
@NullMarked
package io.lockstep.cli.quickstart;

import org.jspecify.annotations.NullMarked;
