package io.lockstep.model.parameter;

/** Turns names into numbers, the same on every machine, so that each name draws its own numbers. */
public final class NameHash {

  private static final long OFFSET = 0xcbf29ce484222325L;
  private static final long PRIME = 0x100000001b3L;

  private NameHash() {}

  /** Fowler-Noll-Vo (FNV-1a), 64 bits, over the name's UTF-16 units. */
  public static long of(String name) {
    long hash = OFFSET;
    for (int i = 0; i < name.length(); i++) {
      hash = (hash ^ name.charAt(i)) * PRIME;
    }
    return hash;
  }
}
