/**
 * What a model proposes to change once labels are seen, in two passes. May import rulings and
 * guidance.
 */
@NullMarked
package io.lockstep.verdict.reflection;

import org.jspecify.annotations.NullMarked;
