/**
 * What a run must remember to go on after a kill: answers and how it began. May import rollouts and
 * guidance.
 */
@NullMarked
package io.lockstep.verdict.journal;

import org.jspecify.annotations.NullMarked;
