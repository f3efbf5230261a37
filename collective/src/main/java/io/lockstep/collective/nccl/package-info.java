/**
 * The collective over NCCL: tensor bytes go from device to device, while a TCP connection of every
 * pair of ranks says what is coming, who has gone and who has aborted. Imports the port, {@code
 * tcp}, {@code tensor} and, in the two classes that call native code, JavaCPP.
 */
@NullMarked
package io.lockstep.collective.nccl;

import org.jspecify.annotations.NullMarked;
