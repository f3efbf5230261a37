/**
 * What a model is asked: the texts of the dense and the summary task and the rules by which they
 * are composed. Imports {@code io.lockstep.data.conversation}; training and the gateway ask with
 * the same words because both take them from here.
 */
@NullMarked
package io.lockstep.data.prompt;

import org.jspecify.annotations.NullMarked;
