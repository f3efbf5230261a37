/**
 * Brings data of other layouts into the contract: COCO annotations and plain folders. Imports
 * {@code record}, {@code image}, {@code jsonl} and {@code sample} of {@code io.lockstep.data}.
 */
@NullMarked
package io.lockstep.data.convert;

import org.jspecify.annotations.NullMarked;
