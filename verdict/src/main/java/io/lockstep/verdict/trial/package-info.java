/** Whether a proposed change is taken, and the guidances that are kept. May import rulings. */
@NullMarked
package io.lockstep.verdict.trial;

import org.jspecify.annotations.NullMarked;
