/**
 * What a worker and the coordinator tell each other: directives, reports and the session that
 * carries them, as a port.
 */
@NullMarked
package io.lockstep.worker.protocol;

import org.jspecify.annotations.NullMarked;
