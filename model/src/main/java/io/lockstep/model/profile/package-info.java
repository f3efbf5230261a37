/**
 * Records what a process computes when, and writes it as a Chrome trace. Imports {@code tensor} and
 * {@code data.file} alone.
 */
@NullMarked
package io.lockstep.model.profile;

import org.jspecify.annotations.NullMarked;
