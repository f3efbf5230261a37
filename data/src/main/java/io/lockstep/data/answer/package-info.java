/**
 * What a model's answers say: dense answers read strictly, answers that go round in circles, what
 * ended an answer. Imports {@code io.lockstep.data.geometry}; the gateway and the client may import
 * both.
 */
@NullMarked
package io.lockstep.data.answer;

import org.jspecify.annotations.NullMarked;
