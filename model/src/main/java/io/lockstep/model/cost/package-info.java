/**
 * What computing with a model costs, told from its configuration alone. Imports the model's
 * adapter, config, image, network, parameter and segment packages.
 */
@NullMarked
package io.lockstep.model.cost;

import org.jspecify.annotations.NullMarked;
