/**
 * What people and machines look at while a process runs: probes, metrics and pages over HTTP, on a
 * port of its own.
 */
@NullMarked
package io.lockstep.operations;

import org.jspecify.annotations.NullMarked;
