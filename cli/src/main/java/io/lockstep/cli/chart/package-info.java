/** Plots as PNG files, and as parts of a page. Imports the overlays' fonts alone. */
@NullMarked
package io.lockstep.cli.chart;

import org.jspecify.annotations.NullMarked;
