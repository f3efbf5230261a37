package io.lockstep.gateway.stage;

import java.util.List;
import java.util.function.Consumer;

/** Gets summaries of pictures; the gateway's client is one. */
@FunctionalInterface
public interface Summarizer {

  /**
   * Summaries of pictures, in the same order.
   *
   * @param listener told of each summary as it comes
   */
  List<Summary> summarize(List<PictureFile> pictures, Consumer<Summary> listener);
}
