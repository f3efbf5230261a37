/**
 * The contract of a JSONL record: its types, its strict reader and the check of a whole file.
 * Imports {@code io.lockstep.data.conversation} and {@code io.lockstep.data.jsonl}.
 */
@NullMarked
package io.lockstep.data.record;

import org.jspecify.annotations.NullMarked;
