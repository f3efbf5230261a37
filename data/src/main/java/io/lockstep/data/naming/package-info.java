/** Finds which known name a mistyped one was meant to be. Imports nothing of ours. */
@NullMarked
package io.lockstep.data.naming;

import org.jspecify.annotations.NullMarked;
