package io.lockstep.data.bank;

import io.lockstep.data.geometry.Geometry;
import io.lockstep.data.geometry.Point;
import io.lockstep.data.image.RgbImage;
import io.lockstep.data.plan.SplitMix64;
import io.lockstep.data.record.Origin;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Patches that follow from a number, so that anybody can say what one has to hold. */
final class Patches {

  private Patches() {}

  static PatchKey key(long number) {
    return PatchKey.of(ByteBuffer.allocate(Long.BYTES).putLong(number).array());
  }

  static Patch patch(long number) {
    int width = 4 + (int) Long.remainderUnsigned(SplitMix64.mix(number, 1), 60);
    int height = 4 + (int) Long.remainderUnsigned(SplitMix64.mix(number, 2), 60);
    Geometry geometry =
        switch ((int) Long.remainderUnsigned(number, 3)) {
          case 0 -> new Geometry.Box(1, 1.5, width - 1, height - 0.25);
          case 1 ->
              new Geometry.Polygon(
                  List.of(new Point(0, 0), new Point(width, 0), new Point(1.0 / 3, height)));
          default -> new Geometry.Polyline(List.of(new Point(0, 0.1), new Point(width, height)));
        };
    return new Patch(
        new Origin(Path.of("data", "train 训练.jsonl"), number + 1),
        List.of(
            new PatchObject((int) number, "BBU设备/品牌:" + number, geometry),
            new PatchObject(7, "标签", new Geometry.Box(0, 0, 1, 1))),
        pixels(number, width, height));
  }

  /** What all files of a bank take. */
  static long bytesOnDisk(Path folder) throws IOException {
    long sum = 0;
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        sum += Files.size(file);
      }
    }
    return sum;
  }

  static RgbImage pixels(long number, int width, int height) {
    byte[] rgb = new byte[width * height * RgbImage.CHANNELS];
    for (int i = 0; i < rgb.length; i++) {
      rgb[i] = (byte) SplitMix64.mix(number, i);
    }
    return new RgbImage(width, height, rgb);
  }
}
