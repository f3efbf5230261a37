/**
 * Measures parts of the system through the code that training runs. Imports what it measures; only
 * commands import it.
 */
@NullMarked
package io.lockstep.benchmark;

import org.jspecify.annotations.NullMarked;
