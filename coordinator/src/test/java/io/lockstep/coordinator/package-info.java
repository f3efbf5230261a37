/** What the coordinator's tests share. */
@NullMarked
package io.lockstep.coordinator;

import org.jspecify.annotations.NullMarked;
