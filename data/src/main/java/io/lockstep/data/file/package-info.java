/**
 * Writing files so that a failure names the file and says what to do; digests of files, and the
 * list of those of a checkpoint. Imports nothing of ours.
 */
@NullMarked
package io.lockstep.data.file;

import org.jspecify.annotations.NullMarked;
