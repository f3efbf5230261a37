/**
 * What is said to a model and by it: roles, text and pictures, before any template or tokenizer.
 * Imports nothing; the model and the gateway import it, so that training and serving speak of the
 * same conversations.
 */
@NullMarked
package io.lockstep.data.conversation;

import org.jspecify.annotations.NullMarked;
