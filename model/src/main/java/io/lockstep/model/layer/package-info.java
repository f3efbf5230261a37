/**
 * What networks are built of: linear layers, norms, attention, feed-forward networks, rotary
 * positions, patch embedding and merger, each with its parameters, and the cache of keys and
 * values. Imports {@code tensor} and the model's {@code config}, {@code parameter}, {@code image}
 * and {@code batch} packages.
 */
@NullMarked
package io.lockstep.model.layer;

import org.jspecify.annotations.NullMarked;
