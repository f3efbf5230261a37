package io.lockstep.data.bank;

import io.lockstep.data.file.Sha256;
import io.lockstep.data.geometry.Geometry;
import io.lockstep.data.geometry.Point;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The name of a piece: SHA-256 over all that it is made of, which is the picture's file (path, size
 * and time of its last change), the region and the objects. Another piece has another name, so what
 * is found under a name never has to be compared with anything.
 */
public record PatchKey(long first, long second, long third, long fourth) {

  /** Bytes of a name. */
  static final int BYTES = 32;

  private static final String FORMAT = "lockstep patch 1";

  /**
   * The name of a piece of a picture.
   *
   * @throws IOException if the picture's file isn't there
   */
  public static PatchKey of(Path picture, Piece piece) throws IOException {
    BasicFileAttributes file = Files.readAttributes(picture, BasicFileAttributes.class);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    text(out, FORMAT);
    text(out, picture.toAbsolutePath().normalize().toString());
    out.writeLong(file.size());
    out.writeLong(file.lastModifiedTime().to(TimeUnit.MICROSECONDS));
    Region region = piece.region();
    for (int side : List.of(region.x(), region.y(), region.width(), region.height())) {
      out.writeInt(side);
    }
    for (PatchObject object : piece.objects()) {
      out.writeInt(object.index());
      text(out, object.desc());
      geometry(out, object.geometry());
    }
    return of(bytes.toByteArray());
  }

  /** The name of anything that can be told apart by bytes. */
  static PatchKey of(byte[] content) {
    return read(ByteBuffer.wrap(Sha256.begin().digest(content)));
  }

  private static void geometry(DataOutputStream out, Geometry geometry) throws IOException {
    switch (geometry) {
      case Geometry.Box box -> {
        text(out, "bbox_2d");
        points(out, List.of(new Point(box.x1(), box.y1()), new Point(box.x2(), box.y2())));
      }
      case Geometry.Polygon polygon -> {
        text(out, "poly");
        points(out, polygon.points());
      }
      case Geometry.Polyline line -> {
        text(out, "line");
        points(out, line.points());
      }
    }
  }

  private static void points(DataOutputStream out, List<Point> points) throws IOException {
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

  static PatchKey read(ByteBuffer from) {
    return new PatchKey(from.getLong(), from.getLong(), from.getLong(), from.getLong());
  }

  void write(ByteBuffer to) {
    to.putLong(first).putLong(second).putLong(third).putLong(fourth);
  }

  /** 64 hexadecimal digits. */
  @Override
  public String toString() {
    return "%016x%016x%016x%016x".formatted(first, second, third, fourth);
  }
}
