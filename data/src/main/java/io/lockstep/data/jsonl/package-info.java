/**
 * Random access to the lines of JSONL files of any size, and the shape in which problems of data
 * files are reported. Imports nothing of ours.
 */
@NullMarked
package io.lockstep.data.jsonl;

import org.jspecify.annotations.NullMarked;
