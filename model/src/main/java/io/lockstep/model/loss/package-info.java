/** What is minimised beside the cross entropy. Imports only the tensor module. */
@NullMarked
package io.lockstep.model.loss;

import org.jspecify.annotations.NullMarked;
