/**
 * What computing with a model costs, told from its configuration alone. Imports the model's
 * adapter, config and image packages.
 */
@NullMarked
package io.lockstep.model.cost;

import org.jspecify.annotations.NullMarked;
