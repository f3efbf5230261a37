/** How long a sequence a model takes. Imports nothing of ours. */
@NullMarked
package io.lockstep.model.context;

import org.jspecify.annotations.NullMarked;
