/** Writing files so that a failure names the file and says what to do. Imports nothing of ours. */
@NullMarked
package io.lockstep.data.file;

import org.jspecify.annotations.NullMarked;
