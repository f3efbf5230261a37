package io.lockstep.data.image;

import com.drew.imaging.FileType;
import com.drew.imaging.FileTypeDetector;
import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** Says what bytes seem to be that are no picture in a format that is read. */
final class OtherContent {
  private static final int LOOKED_AT = 512;
  private static final byte[] LITTLE_TIFF = {'I', 'I', 42, 0};
  private static final byte[] BIG_TIFF = {'M', 'M', 0, 42};

  private OtherContent() {}

  /** A predicate: "is empty", "seems to be GIF (Graphics Interchange Format)". */
  static String describe(Encoded encoded) throws UnreadableImageException {
    if (encoded.size() == 0) {
      return "is empty";
    }
    byte[] head = encoded.copy(0, Math.min(LOOKED_AT, encoded.size()));
    if (encoded.startsWith(0, LITTLE_TIFF) || encoded.startsWith(0, BIG_TIFF)) {
      // The detector takes plain ones for one maker's raw format.
      return "seems to be TIFF or a camera's raw format";
    }
    FileType type = detect(head);
    if (type != FileType.Unknown) {
      return "seems to be %s (%s)".formatted(type.getName(), type.getLongName());
    }
    String text = new String(head, StandardCharsets.ISO_8859_1).strip();
    if (!isText(head)) {
      return "is neither PNG, JPEG nor WebP";
    }
    if (text.toLowerCase(Locale.ROOT).startsWith("<svg")) {
      return "seems to be SVG";
    }
    if (text.startsWith("<")) {
      return "seems to be an HTML or XML page, perhaps of a failed download";
    }
    if (text.startsWith("version https://git-lfs")) {
      return "seems to be a pointer of Git LFS: run git lfs pull";
    }
    return "seems to be text";
  }

  private static FileType detect(byte[] head) {
    try (BufferedInputStream stream = new BufferedInputStream(new ByteArrayInputStream(head))) {
      return FileTypeDetector.detectFileType(stream);
    } catch (IOException e) {
      return FileType.Unknown;
    }
  }

  private static boolean isText(byte[] head) {
    for (byte value : head) {
      if (value >= 0 && value < ' ' && value != '\n' && value != '\r' && value != '\t') {
        return false;
      }
    }
    return true;
  }
}
