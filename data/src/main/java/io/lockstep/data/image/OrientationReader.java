package io.lockstep.data.image;

import com.drew.imaging.tiff.TiffProcessingException;
import com.drew.imaging.tiff.TiffReader;
import com.drew.lang.ByteArrayReader;
import com.drew.lang.RandomAccessReader;
import com.drew.metadata.Metadata;
import com.drew.metadata.exif.ExifIFD0Directory;
import com.drew.metadata.exif.ExifTiffHandler;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The orientation that a picture's EXIF tells or, if that has none, its XMP. EXIF that cannot be
 * read turns nothing.
 */
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
      readExif(metadata);
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

  private void readExif(Metadata metadata) {
    OrientationOnly handler = new OrientationOnly(metadata);
    try {
      new TiffReader().processTiff(new ByteArrayReader(exif.toByteArray()), handler, 0);
    } catch (TiffProcessingException | IOException e) {
      handler.error(String.valueOf(e.getMessage()));
    }
  }

  /**
   * Passes over every other tag and directory: tags may claim the same bytes again and again, and
   * copies of them all could fill any memory.
   */
  private static final class OrientationOnly extends ExifTiffHandler {
    private static final int MAX_BYTES = 8;

    OrientationOnly(Metadata metadata) {
      super(metadata, null, 0);
    }

    @Override
    public boolean tryEnterSubIfd(int tag) {
      return false;
    }

    @Override
    public boolean hasFollowerIfd() {
      return false;
    }

    @Override
    public boolean customProcessTag(
        int valueOffset,
        Set<Integer> processedIfds,
        int tiffOffset,
        RandomAccessReader reader,
        int tag,
        int bytes) {
      return tag != ExifIFD0Directory.TAG_ORIENTATION || bytes > MAX_BYTES;
    }
  }
}
