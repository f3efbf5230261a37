/**
 * Which vision tokens of a picture the language model gets to see. Imports only the model's image
 * package.
 */
@NullMarked
package io.lockstep.model.budget;

import org.jspecify.annotations.NullMarked;
