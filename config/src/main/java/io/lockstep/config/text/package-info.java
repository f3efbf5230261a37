/**
 * What holds of every text a person writes: which can be used, and which known name a mistyped one
 * was meant to be. Imports nothing of ours.
 */
@NullMarked
package io.lockstep.config.text;

import org.jspecify.annotations.NullMarked;
