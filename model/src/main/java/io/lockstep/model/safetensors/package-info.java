/**
 * The safetensors file format: memory-mapped reading, streaming writing, digests. Imports nothing
 * of ours.
 */
@NullMarked
package io.lockstep.model.safetensors;

import org.jspecify.annotations.NullMarked;
