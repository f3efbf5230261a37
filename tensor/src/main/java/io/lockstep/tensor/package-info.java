/** Libtorch for the JVM: tensors, operators, scopes and gradients. Imports nothing of ours. */
@NullMarked
package io.lockstep.tensor;

import org.jspecify.annotations.NullMarked;
