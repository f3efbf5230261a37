/** Measures the epoch plan and the index of files. Imports the plan, JSONL files and records. */
@NullMarked
package io.lockstep.data.bench;

import org.jspecify.annotations.NullMarked;
