/**
 * Brings data of other layouts into the contract: COCO annotations and plain folders. May import
 * {@code io.lockstep.data} and {@code export}.
 */
@NullMarked
package io.lockstep.datatools.convert;

import org.jspecify.annotations.NullMarked;
