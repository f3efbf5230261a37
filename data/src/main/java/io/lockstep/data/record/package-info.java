/**
 * The contract of a JSONL record: its types, its strict reader and the check of a whole file.
 * Imports {@code io.lockstep.data.conversation}, {@code geometry}, {@code image}, {@code jsonl} and
 * {@code plan}.
 */
@NullMarked
package io.lockstep.data.record;

import org.jspecify.annotations.NullMarked;
