/**
 * Draws demo data: plain pictures to learn to see from, and inspection pictures of a telecom
 * cabinet with groups and verdicts, every one of them a function of (seed, split, index). May
 * import {@code io.lockstep.data} and {@code export}.
 */
@NullMarked
package io.lockstep.datatools.demo;

import org.jspecify.annotations.NullMarked;
