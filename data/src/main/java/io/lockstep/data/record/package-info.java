/**
 * The contract of a JSONL record: its types, its strict reader and the check of a whole file.
 * Imports {@code io.lockstep.data.conversation}, {@code geometry}, {@code image} and {@code jsonl}.
 */
@NullMarked
package io.lockstep.data.record;

import org.jspecify.annotations.NullMarked;
