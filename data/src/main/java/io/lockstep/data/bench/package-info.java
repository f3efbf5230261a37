/** Measures the epoch plan, the index of files and augmentation. Imports what it measures. */
@NullMarked
package io.lockstep.data.bench;

import org.jspecify.annotations.NullMarked;
