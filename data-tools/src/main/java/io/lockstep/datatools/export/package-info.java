/** Writes data sets made of others. May import {@code io.lockstep.data}. */
@NullMarked
package io.lockstep.datatools.export;

import org.jspecify.annotations.NullMarked;
