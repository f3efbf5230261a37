/**
 * Data files in parts to learn from, to evaluate with and to try out. Imports {@code data.jsonl},
 * {@code data.record} and {@code data.plan}.
 */
@NullMarked
package io.lockstep.datatools.split;

import org.jspecify.annotations.NullMarked;
