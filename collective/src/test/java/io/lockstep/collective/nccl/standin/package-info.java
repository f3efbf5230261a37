/**
 * NCCL and the CUDA runtime without a device: their functions over memory that the ranks of one
 * process share, as NCCL's documentation describes them, and strict about how they are called.
 */
@NullMarked
package io.lockstep.collective.nccl.standin;

import org.jspecify.annotations.NullMarked;
