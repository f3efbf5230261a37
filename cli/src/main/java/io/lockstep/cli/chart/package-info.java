/** Plots as PNG files, and as parts of a page. Imports nothing of ours. */
@NullMarked
package io.lockstep.cli.chart;

import org.jspecify.annotations.NullMarked;
