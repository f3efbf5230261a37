/**
 * Pieces of pictures that are copied into other pictures, and the folder in which all processes of
 * a node share them.
 *
 * <p>What a sample is given depends on the plan of the data alone: {@link
 * io.lockstep.data.bank.SourceSamples} names an earlier sample of the plan, a hash of it decides
 * which of its objects are members of the bank, and the piece is cut from that sample's picture as
 * it stands in its file. {@link io.lockstep.data.bank.PatchBank} keeps pieces that were cut under
 * the hash of all that they are made of. Whether a piece is found there or has to be cut once more
 * changes how long a sample takes and never what it holds: the same sample gets the same pixels
 * from an empty bank, a full one, and one that was deleted in between, on any number of workers.
 *
 * <p>Imports {@code geometry}, {@code image}, {@code plan}, {@code conversation}, {@code record}
 * and {@code jsonl} of {@code io.lockstep.data}; the copying operators import it.
 */
@NullMarked
package io.lockstep.data.bank;

import org.jspecify.annotations.NullMarked;
