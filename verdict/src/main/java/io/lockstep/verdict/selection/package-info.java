/** From candidates to one verdict of a group. May import rollouts and guard rails. */
@NullMarked
package io.lockstep.verdict.selection;

import org.jspecify.annotations.NullMarked;
