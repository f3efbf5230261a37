package io.lockstep.data.image;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the components of a JPEG mean. */
enum JpegColours {
  GREY,
  RGB,
  YCC,
  CMYK,
  YCCK;

  private static final List<Integer> LETTERS = List.of((int) 'R', (int) 'G', (int) 'B');

  /**
   * The meaning by libjpeg's rules.
   *
   * @param ids of the components
   * @param jfif whether there is a JFIF segment
   * @param adobe the transform that an Adobe segment tells, if there is one
   */
  static JpegColours of(List<Integer> ids, boolean jfif, @Nullable Integer adobe) {
    return switch (ids.size()) {
      case 1 -> GREY;
      case 3 -> {
        boolean plain = adobe == null ? ids.equals(LETTERS) : adobe == 0;
        yield !jfif && plain ? RGB : YCC;
      }
      default -> adobe == null || adobe == 0 ? CMYK : YCCK;
    };
  }
}
