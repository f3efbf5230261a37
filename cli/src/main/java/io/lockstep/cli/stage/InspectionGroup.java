package io.lockstep.cli.stage;

import io.lockstep.data.stageb.Verdict;
import java.nio.file.Path;
import java.util.List;

/**
 * Pictures that are judged together.
 *
 * @param mission what is inspected
 * @param groupId its name, unique within mission and label
 * @param label what people decided
 * @param images its pictures in order: image_1, image_2, ...
 */
public record InspectionGroup(String mission, String groupId, Verdict label, List<Path> images) {

  public InspectionGroup {
    images = List.copyOf(images);
  }
}
