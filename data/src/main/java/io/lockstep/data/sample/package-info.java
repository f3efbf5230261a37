/**
 * Draws sample data: plain pictures to learn to see from, and inspection pictures of a telecom
 * cabinet with groups and verdicts, every one of them a function of (seed, split, index). May
 * import the other packages of {@code io.lockstep.data}; nothing but the command line and tests
 * imports it.
 */
@NullMarked
package io.lockstep.data.sample;

import org.jspecify.annotations.NullMarked;
