/**
 * Brings data of other layouts into the contract: COCO annotations and plain folders. Imports
 * {@code conversation}, {@code export}, {@code record}, {@code image} and {@code jsonl} of {@code
 * io.lockstep.data}.
 */
@NullMarked
package io.lockstep.data.convert;

import org.jspecify.annotations.NullMarked;
