/**
 * Faults of networks and machines, for tests of whatever talks TCP: proxies between processes that
 * delay, lose, hold and damage bytes. Imports nothing of ours.
 */
@NullMarked
package io.lockstep.collective.fault;

import org.jspecify.annotations.NullMarked;
