/**
 * The networks of the families: vision towers, the text tower, how they meet and which parameters
 * they have. Single device; sharding and communication live outside. Imports {@code tensor} and the
 * model's {@code config}, {@code parameter}, {@code image} and {@code batch} packages.
 */
@NullMarked
package io.lockstep.model.network;

import org.jspecify.annotations.NullMarked;
