/** Groups of pictures that people have decided, and who learns from which. May import verdicts. */
@NullMarked
package io.lockstep.verdict.ticket;

import org.jspecify.annotations.NullMarked;
