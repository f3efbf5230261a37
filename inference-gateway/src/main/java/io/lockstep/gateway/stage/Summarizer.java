package io.lockstep.gateway.stage;

import java.util.List;
import java.util.function.Consumer;

/** Gets summaries of pictures; the gateway's client is one. */
@FunctionalInterface
public interface Summarizer {

  /**
   * What comes of asking about each picture, in the same order.
   *
   * @param listener told of each outcome as it comes, one at a time
   */
  List<Described> summarize(List<PictureFile> pictures, Consumer<Described> listener);
}
