/**
 * The run's configuration: YAML read into records, every problem reported at once. Imports the
 * prompts of {@code data} and the token budget of {@code model}.
 */
@NullMarked
package io.lockstep.worker.config;

import org.jspecify.annotations.NullMarked;
