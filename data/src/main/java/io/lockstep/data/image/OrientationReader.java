package io.lockstep.data.image;

import com.drew.lang.ByteArrayReader;
import com.drew.metadata.Metadata;
import com.drew.metadata.exif.ExifIFD0Directory;
import com.drew.metadata.exif.ExifReader;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The orientation that a picture's EXIF tells or, if that has none, its XMP. */
final class OrientationReader {
  static final byte[] EXIF_PREFIX = "Exif\0\0".getBytes(StandardCharsets.ISO_8859_1);

  private static final Pattern XMP_ORIENTATION =
      Pattern.compile("tiff:Orientation(?:=\"|>)([0-9])");

  private final ByteArrayOutputStream exif = new ByteArrayOutputStream();
  private byte[] xmp = {};

  /** Adds EXIF, with or without its prefix; parts are joined. */
  void exif(byte[] part) {
    int prefix = EXIF_PREFIX.length;
    boolean prefixed =
        part.length >= prefix && Arrays.equals(part, 0, prefix, EXIF_PREFIX, 0, prefix);
    int skipped = prefixed ? prefix : 0;
    exif.write(part, skipped, part.length - skipped);
  }

  void xmp(byte[] packet) {
    xmp = packet;
  }

  Orientation orientation() {
    Metadata metadata = new Metadata();
    if (exif.size() > 0) {
      new ExifReader().extract(new ByteArrayReader(exif.toByteArray()), metadata);
    }
    for (var directory : metadata.getDirectoriesOfType(ExifIFD0Directory.class)) {
      Integer value = directory.getInteger(ExifIFD0Directory.TAG_ORIENTATION);
      if (value != null) {
        return Orientation.ofExif(value);
      }
    }
    Matcher matcher = XMP_ORIENTATION.matcher(new String(xmp, StandardCharsets.ISO_8859_1));
    return Orientation.ofExif(matcher.find() ? Integer.parseInt(matcher.group(1)) : 1);
  }
}
