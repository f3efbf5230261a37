/**
 * The run's configuration: YAML read into records, every problem reported at once. Imports the
 * prompts of {@code data}, and of {@code model} the token budget, adapters and digests.
 */
@NullMarked
package io.lockstep.worker.config;

import org.jspecify.annotations.NullMarked;
