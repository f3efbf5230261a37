package io.lockstep.data.bank;

import io.lockstep.data.geometry.Geometry;
import io.lockstep.data.geometry.Point;
import io.lockstep.data.image.RgbImage;
import io.lockstep.data.record.Origin;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Pieces as bytes, big-endian: version, file and line of the record, number of objects, each as
 * index, description, kind and points, then width, height and the pixels as they are. Texts are
 * UTF-8 after their length.
 */
final class PatchCodec {

  private static final int VERSION = 1;
  private static final byte BOX = 1;
  private static final byte POLYGON = 2;
  private static final byte LINE = 3;

  private PatchCodec() {}

  static byte[] encode(Patch patch) {
    RgbImage pixels = patch.pixels();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(pixels.rgb().length + 512);
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.writeInt(VERSION);
      text(out, patch.origin().file().toString());
      out.writeLong(patch.origin().line());
      out.writeInt(patch.objects().size());
      for (PatchObject object : patch.objects()) {
        object(out, object);
      }
      out.writeInt(pixels.width());
      out.writeInt(pixels.height());
      out.write(pixels.rgb());
    } catch (IOException e) {
      throw new IllegalStateException("memory can always be written", e);
    }
    return bytes.toByteArray();
  }

  private static void object(DataOutputStream out, PatchObject object) throws IOException {
    out.writeInt(object.index());
    text(out, object.desc());
    switch (object.geometry()) {
      case Geometry.Box box ->
          points(out, BOX, List.of(new Point(box.x1(), box.y1()), new Point(box.x2(), box.y2())));
      case Geometry.Polygon polygon -> points(out, POLYGON, polygon.points());
      case Geometry.Polyline line -> points(out, LINE, line.points());
    }
  }

  private static void points(DataOutputStream out, byte kind, List<Point> points)
      throws IOException {
    out.writeByte(kind);
    out.writeInt(points.size());
    for (Point point : points) {
      out.writeDouble(point.x());
      out.writeDouble(point.y());
    }
  }

  private static void text(DataOutputStream out, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    out.writeInt(bytes.length);
    out.write(bytes);
  }

  /**
   * The piece that was encoded.
   *
   * @throws DamagedPatchException if the bytes are none
   */
  static Patch decode(ByteBuffer bytes) throws DamagedPatchException {
    try {
      int version = bytes.getInt();
      if (version != VERSION) {
        throw new DamagedPatchException("has version %d, not %d".formatted(version, VERSION));
      }
      Origin origin = new Origin(Path.of(text(bytes)), bytes.getLong());
      List<PatchObject> objects = new ArrayList<>();
      for (int left = bytes.getInt(); left > 0; left--) {
        objects.add(new PatchObject(bytes.getInt(), text(bytes), geometry(bytes)));
      }
      int width = bytes.getInt();
      int height = bytes.getInt();
      byte[] rgb = new byte[bytes.remaining()];
      bytes.get(rgb);
      return new Patch(origin, objects, new RgbImage(width, height, rgb));
    } catch (BufferUnderflowException | IllegalArgumentException e) {
      throw new DamagedPatchException("can't be read: " + e, e);
    }
  }

  private static Geometry geometry(ByteBuffer bytes) throws DamagedPatchException {
    byte kind = bytes.get();
    List<Point> points = new ArrayList<>();
    for (int left = bytes.getInt(); left > 0; left--) {
      points.add(new Point(bytes.getDouble(), bytes.getDouble()));
    }
    if (kind == BOX && points.size() == 2) {
      Point topLeft = points.getFirst();
      Point bottomRight = points.getLast();
      return new Geometry.Box(topLeft.x(), topLeft.y(), bottomRight.x(), bottomRight.y());
    }
    return switch (kind) {
      case POLYGON -> new Geometry.Polygon(points);
      case LINE -> new Geometry.Polyline(points);
      default ->
          throw new DamagedPatchException(
              "has a geometry of kind %d with %d points".formatted(kind, points.size()));
    };
  }

  private static String text(ByteBuffer bytes) throws DamagedPatchException {
    int length = bytes.getInt();
    if (length < 0 || length > bytes.remaining()) {
      throw new DamagedPatchException("has a text of %d bytes".formatted(length));
    }
    byte[] text = new byte[length];
    bytes.get(text);
    return new String(text, StandardCharsets.UTF_8);
  }
}
