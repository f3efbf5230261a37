package io.lockstep.collective.tcp;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.jspecify.annotations.Nullable;

/**
 * Answer of the rank that dials to the {@link Challenge} of the one that it has reached: magic,
 * protocol version, then these fields, all big-endian.
 *
 * @param fromRank the dialling rank, always the higher one
 * @param toRank the rank that the dialler believes it reaches
 * @param counter what the reached rank has to answer in turn
 * @param proof that the dialler knows the run's secret, for this connection alone
 */
record Hello(
    int version,
    long generation,
    int fromRank,
    int toRank,
    int worldSize,
    Challenge counter,
    Proof proof) {

  static final int MAGIC = 0x4c535448;
  static final int VERSION = 3;
  static final int BYTES = 5 * Integer.BYTES + Long.BYTES + Challenge.BYTES + Proof.BYTES;

  private static final byte DIALLED = 1;
  private static final byte ANSWERED = 2;

  /** That of a rank which knows the secret. */
  static Hello to(
      Challenge challenge,
      RunToken token,
      long generation,
      int fromRank,
      int toRank,
      int worldSize) {
    Hello unproven =
        new Hello(
            VERSION,
            generation,
            fromRank,
            toRank,
            worldSize,
            Challenge.draw(),
            new Proof(new byte[Proof.BYTES]));
    return new Hello(
        VERSION,
        generation,
        fromRank,
        toRank,
        worldSize,
        unproven.counter,
        unproven.proof(DIALLED, challenge, token));
  }

  /** Reads one, or returns null if the bytes are not from this protocol. */
  static @Nullable Hello read(ByteBuf in) {
    if (in.readInt() != MAGIC) {
      return null;
    }
    int version = in.readInt();
    long generation = in.readLong();
    int fromRank = in.readInt();
    int toRank = in.readInt();
    int worldSize = in.readInt();
    Challenge counter = Challenge.read(in);
    return counter == null
        ? null
        : new Hello(version, generation, fromRank, toRank, worldSize, counter, Proof.read(in));
  }

  void write(ByteBuf out) {
    writeTerms(out);
    proof.write(out);
  }

  private void writeTerms(ByteBuf out) {
    out.writeInt(MAGIC).writeInt(version).writeLong(generation);
    out.writeInt(fromRank).writeInt(toRank).writeInt(worldSize);
    counter.write(out);
  }

  /** Whether it answers this challenge, with the run's secret. */
  boolean isProven(Challenge challenge, RunToken token) {
    return proof(DIALLED, challenge, token).matches(proof);
  }

  /** What the reached rank proves in turn. */
  Proof answer(Challenge challenge, RunToken token) {
    return proof(ANSWERED, challenge, token);
  }

  private Proof proof(byte side, Challenge challenge, RunToken token) {
    ByteBuf statement = Unpooled.buffer(1 + Challenge.BYTES + BYTES);
    statement.writeByte(side);
    challenge.write(statement);
    writeTerms(statement);
    return token.prove(statement);
  }
}
