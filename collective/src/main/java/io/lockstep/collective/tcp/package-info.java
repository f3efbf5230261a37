/**
 * The collective over TCP: one connection per pair of ranks, tensor bytes straight between the
 * socket, or memory that two ranks of one host share, and the caller's memory. Imports the port,
 * {@code tensor} and Netty.
 */
@NullMarked
package io.lockstep.collective.tcp;

import org.jspecify.annotations.NullMarked;
