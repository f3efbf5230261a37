package io.lockstep.model.batch;

import java.util.List;

/**
 * All objects that are in a sample's picture: whatever else is found there is wrong.
 *
 * @param objects none if the picture is known to be empty
 */
public record Truth(List<TrueObject> objects) {

  public Truth {
    objects = List.copyOf(objects);
  }
}
