package io.lockstep.data.answer;

import java.util.List;

/** What comes of reading a dense answer. */
public sealed interface DenseReading {

  /**
   * An answer in the trained form.
   *
   * @param objects in the answer's order; none for {@code {}}
   */
  record Parsed(List<AnsweredObject> objects) implements DenseReading {

    public Parsed {
      objects = List.copyOf(objects);
    }
  }

  /**
   * Anything else.
   *
   * @param reason what is wrong first, and where
   * @param complete the objects before it. They tell how far an answer got that a limit has cut
   *     off; an answer with something wrong in it is not right by its other part.
   */
  record Unparseable(String reason, List<AnsweredObject> complete) implements DenseReading {

    public Unparseable {
      complete = List.copyOf(complete);
    }
  }
}
