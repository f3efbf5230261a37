/**
 * What a mission's verdicts go by: numbered items, the domain, and how either may change. May
 * import verdicts and declared keys.
 */
@NullMarked
package io.lockstep.verdict.guidance;

import org.jspecify.annotations.NullMarked;
