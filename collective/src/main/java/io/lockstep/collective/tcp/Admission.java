package io.lockstep.collective.tcp;

import org.jspecify.annotations.Nullable;

/**
 * What is wrong with a frame, if anything: the rules by which both ends know that they are in the
 * same exchange. Messages are the object of the peer's name.
 *
 * @param rank the rank that receives
 * @param generation its membership
 */
record Admission(int rank, long generation) {

  /**
   * Whether a frame belongs to this membership and to the exchange that is due.
   *
   * @param due number of that exchange among those with the peer
   * @param tag its tag, 0 if it has not begun
   * @return null if it does
   */
  @Nullable String objection(FrameHeader header, long due, long tag) {
    if (header.generation() != generation) {
      return "sent a frame of generation %d, sequence %d, while rank %d is in generation %d, sequence %d"
          .formatted(header.generation(), header.sequence(), rank, generation, due);
    }
    if (header.isPiece() && header.sequence() != due) {
      return "sent a frame of sequence %d (generation %d, tag %d) while rank %d is at sequence %d (generation %d, tag %d)"
          .formatted(
              header.sequence(), header.generation(), header.tag(), rank, due, generation, tag);
    }
    return null;
  }

  /**
   * Whether a piece is the next one of a message that is awaited.
   *
   * @param receive what takes messages of its slot; null if nothing does
   * @return null if it is
   */
  @Nullable String objection(FrameHeader header, ExchangePart into, @Nullable Receive receive) {
    if (header.tag() != into.tag) {
      return "sends tag %d, slot %d while rank %d awaits tag %d, slots %s (sequence %d)"
          .formatted(
              header.tag(), header.slot(), rank, into.tag, into.awaitedSlots(), into.sequence());
    }
    if (receive == null) {
      return "sends slot %d of tag %d while rank %d awaits slots %s"
          .formatted(header.slot(), into.tag, rank, into.awaitedSlots());
    }
    if (receive.bytes() != header.total()) {
      return "sends %d bytes for tag %d, slot %d while rank %d awaits %d bytes"
          .formatted(header.total(), into.tag, header.slot(), rank, receive.bytes());
    }
    long length = Math.min(FrameHeader.PIECE_BYTES, header.total() - header.offset());
    if (receive.received() != header.offset() || header.length() != length) {
      return "sends bytes %d to %d of tag %d, slot %d while rank %d awaits the piece at %d"
          .formatted(
              header.offset(),
              header.offset() + header.length(),
              into.tag,
              header.slot(),
              rank,
              receive.received());
    }
    return null;
  }
}
