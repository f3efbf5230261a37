/**
 * The walk through a network: its segments with their parameters, what a pass gives them to read,
 * and the ports that a family fills in. Single device; sharding and communication live outside.
 * Imports {@code tensor} and the model's {@code layer}, {@code detection}, {@code config}, {@code
 * parameter}, {@code image} and {@code batch} packages.
 */
@NullMarked
package io.lockstep.model.network;

import org.jspecify.annotations.NullMarked;
