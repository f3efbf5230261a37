/** Plots as PNG files. Imports nothing of ours. */
@NullMarked
package io.lockstep.cli.chart;

import org.jspecify.annotations.NullMarked;
