/** Findings of a summary that force a group to fail. May import guidance and prompts' words. */
@NullMarked
package io.lockstep.verdict.guardrail;

import org.jspecify.annotations.NullMarked;
