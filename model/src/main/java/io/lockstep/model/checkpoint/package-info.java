/**
 * The one way in and out of a checkpoint folder, used by workers and gateways alike. Imports the
 * model's other packages and {@code tensor}.
 */
@NullMarked
package io.lockstep.model.checkpoint;

import org.jspecify.annotations.NullMarked;
