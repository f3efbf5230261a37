package io.lockstep.data.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.data.conversation.ImageSource;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Pictures that were changed at random are refused by name or have the size they state. */
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class FuzzedPicturesTest {

  private static final int PICTURES = Integer.getInteger("data.fuzz.pictures", 2000);
  private static final int MOST_BYTES = 20_000;

  /** Small enough that a size that was changed costs no memory. */
  private static final DecodeLimits LIMITS = new DecodeLimits(1 << 20, 1 << 20);

  @Test
  void noChangedPictureDoesHarm() throws IOException {
    List<byte[]> good = new ArrayList<>();
    for (String name : Pictures.names()) {
      byte[] bytes = Pictures.bytes(name);
      if (bytes.length <= MOST_BYTES) {
        good.add(bytes);
      }
    }
    assertTrue(good.size() > 5, "no pictures to change");
    Random random = new Random(20_261_121);
    int decoded = 0;
    for (int i = 0; i < PICTURES; i++) {
      byte[] bytes = changed(good.get(i % good.size()), random);
      decoded += decodes(bytes, "picture " + i) ? 1 : 0;
    }
    assertTrue(decoded < PICTURES, "every changed picture was read");
  }

  private static boolean decodes(byte[] bytes, String name) throws IOException {
    ImageHeader header;
    try {
      header = ImageHeader.read(name, ByteBuffer.wrap(bytes), LIMITS);
      RgbImage image = new ImageDecoder(LIMITS).decode(new ImageSource.Bytes(name, bytes));
      assertEquals(header.width(), image.width(), name);
      assertEquals(header.height(), image.height(), name);
      return true;
    } catch (UnreadableImageException refused) {
      assertTrue(String.valueOf(refused.getMessage()).contains(name), refused::toString);
      return false;
    }
  }

  private static byte[] changed(byte[] good, Random random) {
    byte[] bytes = good.clone();
    switch (random.nextInt(4)) {
      case 0 -> bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
      case 1 ->
          bytes[random.nextInt(Math.min(64, bytes.length))] ^= (byte) (1 << random.nextInt(8));
      case 2 -> bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length));
      default -> {
        for (int i = 0; i < 8; i++) {
          bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
        }
      }
    }
    return bytes;
  }
}
