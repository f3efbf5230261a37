/** Which verdicts flip when an item is taken out. May import rulings. */
@NullMarked
package io.lockstep.verdict.ledger;

import org.jspecify.annotations.NullMarked;
