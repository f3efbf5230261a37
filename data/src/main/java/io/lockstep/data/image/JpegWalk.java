package io.lockstep.data.image;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One walk through the segments of a JPEG to its end. */
final class JpegWalk {
  private static final int PROGRESSIVE = 0xC2;
  private static final int EOI = 0xD9;
  private static final int SOS = 0xDA;
  private static final int APP0 = 0xE0;
  private static final int APP1 = 0xE1;
  private static final int APP14 = 0xEE;
  private static final int APP15 = 0xEF;
  private static final int COM = 0xFE;
  private static final int FILL = 0xFF;

  private static final int MARKER = 2;
  private static final int MAX_SEGMENTS = 10_000;

  /** Each scan of a progressive picture costs a pass over all of it. */
  private static final int MAX_SCANS = 500;

  private static final int SHORTEST_JFIF = 14;
  private static final int SHORTEST_ADOBE = 12;
  private static final int ADOBE_TRANSFORM = 11;
  private static final byte[] JFIF = latin("JFIF\0");
  private static final byte[] ADOBE = latin("Adobe");
  private static final byte[] XMP = latin("http://ns.adobe.com/xap/1.0/\0");

  private final Encoded jpeg;
  private final List<Range> essential = new ArrayList<>();
  private final OrientationReader orientation = new OrientationReader();
  private JpegHeader.@Nullable Frame frame;
  private boolean jfif;
  private @Nullable Integer adobe;
  private @Nullable JpegScans scans;

  JpegWalk(Encoded jpeg) {
    this.jpeg = jpeg;
  }

  private static byte[] latin(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  JpegHeader run() throws UnreadableImageException {
    Range.add(essential, 0, MARKER);
    int at = MARKER;
    for (int segments = 0; ; segments++) {
      at = skipFill(at);
      int marker = jpeg.u8(at + 1);
      if (marker == EOI) {
        Range.add(essential, at, at + MARKER);
        return finish();
      }
      if (segments == MAX_SEGMENTS) {
        throw jpeg.error("is damaged: more than %d segments".formatted(MAX_SEGMENTS));
      }
      int end = at + MARKER + jpeg.u16(at + MARKER);
      jpeg.require(at, end - at);
      if (end < at + 2 * MARKER) {
        throw jpeg.error("is damaged: a segment of negative length at byte " + at);
      }
      visit(marker, at + 2 * MARKER, end);
      if (marker == SOS) {
        end = endOfScan(end);
      }
      if (hasPixels() || !isApplicationData(marker)) {
        Range.add(essential, at, end);
      }
      at = end;
    }
  }

  private JpegHeader finish() throws UnreadableImageException {
    if (frame == null || scans == null || !hasPixels()) {
      throw jpeg.error("is damaged: a JPEG without pixels");
    }
    if (!scans.complete()) {
      throw jpeg.error("is cut off: its last scans are missing; copy or download it again");
    }
    return new JpegHeader(
        frame.width(),
        frame.height(),
        orientation.orientation(),
        JpegColours.of(frame.ids(), jfif, adobe),
        frame.upsampledRows(),
        essential);
  }

  private boolean hasPixels() {
    return scans != null && scans.count() > 0;
  }

  /** The marker at or, after fill bytes, behind a position. */
  private int skipFill(int at) throws UnreadableImageException {
    if (jpeg.u8(at) != FILL) {
      throw jpeg.error("is damaged: no JPEG segment begins at byte " + at);
    }
    int marker = at;
    while (jpeg.u8(marker + 1) == FILL) {
      marker++;
    }
    return marker;
  }

  private static boolean isApplicationData(int marker) {
    return marker == COM || (marker >= APP0 && marker <= APP15);
  }

  private void visit(int marker, int data, int end) throws UnreadableImageException {
    int length = end - data;
    switch (marker) {
      case 0xC0, 0xC1, PROGRESSIVE -> {
        if (frame != null) {
          throw jpeg.error("is damaged: a JPEG with two frames");
        }
        frame = JpegHeader.Frame.read(jpeg, marker == PROGRESSIVE, data, length);
        scans = new JpegScans(frame);
      }
      case 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF ->
          throw jpeg.error(
              "is a lossless, hierarchical or arithmetic-coded JPEG; save it as a baseline or"
                  + " progressive one");
      case SOS -> {
        if (scans == null) {
          throw jpeg.error("is damaged: a scan before any frame");
        }
        scans.add(jpeg, data, length);
        if (scans.count() > MAX_SCANS) {
          throw jpeg.error(
              "has more than %d scans; save it as a baseline JPEG".formatted(MAX_SCANS));
        }
      }
      case APP0 -> jfif |= length >= SHORTEST_JFIF && jpeg.startsWith(data, JFIF);
      case APP1 -> {
        if (jpeg.startsWith(data, OrientationReader.EXIF_PREFIX)) {
          orientation.exif(jpeg.copy(data, length));
        } else if (jpeg.startsWith(data, XMP)) {
          orientation.xmp(jpeg.copy(data, length));
        }
      }
      case APP14 -> {
        if (length >= SHORTEST_ADOBE && jpeg.startsWith(data, ADOBE)) {
          adobe = jpeg.u8(data + ADOBE_TRANSFORM);
        }
      }
      default -> {}
    }
  }

  /** The first marker after compressed data that is neither a stuffed byte nor a restart. */
  private int endOfScan(int begin) throws UnreadableImageException {
    int at = begin;
    while (true) {
      while (jpeg.u8(at) != FILL) {
        at++;
      }
      int next = jpeg.u8(at + 1);
      if (next == FILL) {
        at++;
      } else if (next == 0 || (next >= 0xD0 && next <= 0xD7)) {
        at += MARKER;
      } else {
        return at;
      }
    }
  }
}
