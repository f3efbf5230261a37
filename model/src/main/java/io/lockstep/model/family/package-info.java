/**
 * The list of model families, each in a package of its own below this one. Imports those, and the
 * model's {@code config} and {@code network} packages.
 */
@NullMarked
package io.lockstep.model.family;

import org.jspecify.annotations.NullMarked;
