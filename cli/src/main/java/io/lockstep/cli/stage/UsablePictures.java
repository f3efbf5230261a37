package io.lockstep.cli.stage;

import io.lockstep.cli.console.UserError;
import io.lockstep.client.PictureFile;
import io.lockstep.data.image.DecodeLimits;
import io.lockstep.data.image.ImageHeader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Pictures are looked at before the first question is asked. */
final class UsablePictures {

  /** Most problems that one error names. */
  private static final int NAMED = 20;

  private UsablePictures() {}

  /**
   * Nothing, if every picture is one and within the limits.
   *
   * @throws UserError naming those that can't be used
   */
  static void require(List<PictureFile> pictures) {
    List<String> problems = new ArrayList<>();
    for (PictureFile picture : pictures) {
      try {
        ImageHeader header = ImageHeader.read(picture.file(), DecodeLimits.DEFAULT);
        DecodeLimits.requireAspectRatio(picture.id(), header.width(), header.height());
      } catch (IOException e) {
        problems.add(String.valueOf(e.getMessage()));
      }
    }
    if (!problems.isEmpty()) {
      String named = String.join("; ", problems.subList(0, Math.min(NAMED, problems.size())));
      throw new UserError(
          "%d of %d pictures can't be used: %s%s"
              .formatted(
                  problems.size(), pictures.size(), named, problems.size() > NAMED ? "; ..." : ""));
    }
  }
}
