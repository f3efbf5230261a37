/**
 * What a run's model makes of records that it does not learn from. Imports the loader, the model
 * and the protocol.
 */
@NullMarked
package io.lockstep.worker.heldout;

import org.jspecify.annotations.NullMarked;
