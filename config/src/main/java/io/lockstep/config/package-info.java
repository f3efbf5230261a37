/**
 * Configurations as records whose components are declared once, as keys: from them follow the
 * strict reader of YAML, in one file or in several that extend each other, the writer, the
 * comparison on resume, the JSON Schema and the reference page. Imports {@code config.text} alone.
 */
@NullMarked
package io.lockstep.config;

import org.jspecify.annotations.NullMarked;
