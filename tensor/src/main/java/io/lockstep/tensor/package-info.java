/** Libtorch for the JVM: tensors, operators and scopes. Imports nothing of ours. */
@NullMarked
package io.lockstep.tensor;

import org.jspecify.annotations.NullMarked;
