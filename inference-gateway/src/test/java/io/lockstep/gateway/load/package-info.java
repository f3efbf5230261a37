/** Load on a gateway for measurements by hand; no tests. */
@NullMarked
package io.lockstep.gateway.load;

import org.jspecify.annotations.NullMarked;
