package io.lockstep.model.align.certificate;

import io.lockstep.data.conversation.Conversation;
import io.lockstep.data.conversation.ImageSource;
import java.util.List;

/** How whoever serves a model asks about a picture by itself. */
@FunctionalInterface
public interface ServedWords {

  /**
   * Every wording that a task was trained in, those that are served first; none if it isn't asked
   * for.
   */
  List<Conversation> of(Probe.Task task, ImageSource picture);
}
