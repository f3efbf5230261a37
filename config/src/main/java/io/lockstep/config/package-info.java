/**
 * How files that people write are read: YAML whose mistakes are told with file, line and how to
 * mend them. Imports {@code config.text} alone.
 */
@NullMarked
package io.lockstep.config;

import org.jspecify.annotations.NullMarked;
