package io.lockstep.collective;

import org.jspecify.annotations.Nullable;

/** An exchange ended because this rank or a peer called {@link Collective#abort}. */
public final class AbortedException extends CollectiveException {

  private static final long serialVersionUID = 1;

  /** See {@link CollectiveException}; {@code peer} is the aborting rank when it was another one. */
  public AbortedException(int rank, int peer, long tag, String reason, @Nullable Throwable cause) {
    super(rank, peer, tag, 0, reason, cause);
  }

  @Override
  public AbortedException again(long tag) {
    return new AbortedException(rank(), peer(), tag, reason(), this);
  }
}
