/**
 * Strangers on the ports of processes: what real clients say is recorded, mutated and sent, with
 * garbage and connections that are never finished. Seeded; imports nothing of the project.
 */
@NullMarked
package io.lockstep.cli.fuzz;

import org.jspecify.annotations.NullMarked;
