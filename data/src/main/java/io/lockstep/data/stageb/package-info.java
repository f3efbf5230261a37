/**
 * The words of Stage-B: the prompt that asks for a verdict on a group of pictures, and the two-line
 * answer. Imports {@code io.lockstep.data.conversation} only; the gateway and the sample generator
 * speak through it.
 */
@NullMarked
package io.lockstep.data.stageb;

import org.jspecify.annotations.NullMarked;
