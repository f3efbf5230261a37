package io.lockstep.client;

import java.util.List;

/**
 * A group to judge: all that the model may know of it, which is not its label.
 *
 * @param groupId its name
 * @param mission what is inspected
 * @param summaries summaries of image_1 to image_N in order
 */
public record Group(String groupId, String mission, List<String> summaries) {

  public Group {
    summaries = List.copyOf(summaries);
  }
}
