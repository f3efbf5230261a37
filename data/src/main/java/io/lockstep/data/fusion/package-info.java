/**
 * Several datasets as one: what each contributes to an epoch, in which order, and how its records
 * are used. Imports {@code plan}, {@code prompt} and {@code dataset}.
 */
@NullMarked
package io.lockstep.data.fusion;

import org.jspecify.annotations.NullMarked;
