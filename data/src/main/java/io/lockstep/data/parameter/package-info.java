/**
 * Parameters that operators and preprocessors declare, and how configurations give them values.
 * Imports names only.
 */
@NullMarked
package io.lockstep.data.parameter;

import org.jspecify.annotations.NullMarked;
