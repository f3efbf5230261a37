/**
 * Finding objects in pictures with a loaded model that has a detection head: prompts in, boxes out.
 * Imports {@code tensor}, {@code data.conversation} and the model's {@code batch}, {@code
 * detection} and {@code network} packages.
 */
@NullMarked
package io.lockstep.model.detect;

import org.jspecify.annotations.NullMarked;
