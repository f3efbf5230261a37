package io.lockstep.data.image;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.data.conversation.ImageSource;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.SplittableRandom;
import java.util.zip.CRC32;
import java.util.zip.DeflaterOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is refused, and with which words. */
final class UnusablePicturesTest {
  private static final int END_OF_IHDR = 33;

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "rgb8.png",
        "palette4_interlaced.png",
        "ycc420.jpg",
        "cmyk.jpg",
        "ycc420_progressive.jpg",
        "lossy.webp",
        "lossless_alpha.webp",
        "exif8.webp"
      })
  void aPictureCutOffAnywhereIsRefusedFromItsHeader(String name) throws IOException {
    byte[] whole = Pictures.bytes(name);
    for (int length = 0; length < whole.length; length++) {
      byte[] part = Arrays.copyOf(whole, length);
      var error =
          assertThrows(
              UnreadableImageException.class,
              () -> ImageHeader.read("part", ByteBuffer.wrap(part), DecodeLimits.DEFAULT),
              "after " + length + " bytes");
      if (length > 12) {
        assertEquals(
            "Picture part is cut off after %d bytes; copy or download it again".formatted(length),
            error.getMessage());
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "rgb16_interlaced.png",
        "ycc422.jpg",
        "ycck.jpg",
        "ycc444_progressive.jpg",
        "exif6.jpg",
        "xmp7.jpg",
        "lossy_alpha.webp",
        "exif8.webp",
        "lossless.webp"
      })
  void damagedBytesAreDecodedOrRefusedButNeverCrash(String name) throws IOException {
    byte[] whole = Pictures.bytes(name);
    SplittableRandom random = new SplittableRandom(7);
    for (int round = 0; round < 200; round++) {
      byte[] damaged = whole.clone();
      for (int i = 0; i < 3; i++) {
        damaged[random.nextInt(whole.length)] = (byte) random.nextInt();
      }
      try {
        RgbImage image = Pictures.decode(damaged);
        assertTrue(image.rgb().length > 0);
      } catch (UnreadableImageException e) {
        assertTrue(String.valueOf(e.getMessage()).startsWith("Picture test "));
      }
    }
  }

  @Test
  void aChangedByteOfAPngIsSeenByItsChecksum() throws IOException {
    byte[] png = Pictures.bytes("rgb8.png");
    png[png.length / 2] ^= 1;
    assertEquals(
        "Picture test is damaged: the checksum of the PNG chunk at byte 33 is wrong", refusal(png));
  }

  @Test
  void pixelsThatEndTooSoonAreRefusedThoughEveryChunkIsWhole() throws IOException {
    byte[] png = png(8, 4, chunk("IDAT", deflated(40)), chunk("IEND"));
    assertTrue(refusal(png).startsWith("Picture test is damaged: "), refusal(png));
  }

  @Test
  void aBombIsRefusedFromItsHeader() throws IOException {
    assertEquals(
        "Picture test is 40000 x 40000; at most 64000000 pixels are allowed",
        refusal(png(40_000, 40_000, chunk("IDAT", deflated(10)), chunk("IEND"))));
    assertEquals(
        "Picture test is 1000000 x 2; a side may have at most 65535 pixels",
        refusal(png(1_000_000, 2, chunk("IDAT", deflated(10)), chunk("IEND"))));
    assertEquals(
        "Picture test is empty: 0 x 2",
        refusal(png(0, 2, chunk("IDAT", deflated(10)), chunk("IEND"))));
    byte[] jpeg = Pictures.bytes("ycc420_progressive.jpg");
    int frame = indexOf(jpeg, 0xFF, 0xC2);
    Arrays.fill(jpeg, frame + 5, frame + 9, (byte) 0xFF);
    assertEquals(
        "Picture test is 65535 x 65535; at most 64000000 pixels are allowed", refusal(jpeg));
    byte[] webp = Pictures.bytes("lossy.webp");
    Arrays.fill(webp, 26, 30, (byte) 0xFF);
    assertEquals(
        "Picture test is 16383 x 16383; at most 64000000 pixels are allowed", refusal(webp));
  }

  @ParameterizedTest
  @ValueSource(strings = {"iCCP", "zTXt", "iTXt"})
  void compressedTextsAndProfilesAreNeverInflated(String type) throws IOException {
    // 32 MiB of zeros each, a hundred times: inflated and kept, they would not fit into memory.
    byte[] prefix = (type.equals("iTXt") ? "k\0\1\0\0\0" : "k\0\0").getBytes(ISO_8859_1);
    byte[] bomb = concat(prefix, deflated(32 << 20));
    byte[] chunk = chunk(type, bomb);
    ByteArrayOutputStream bombs = new ByteArrayOutputStream();
    for (int i = 0; i < 100; i++) {
      bombs.write(chunk);
    }
    byte[] png =
        png(8, 4, bombs.toByteArray(), chunk("IDAT", deflated(4 * (8 * 3 + 1))), chunk("IEND"));
    assertEquals(8, Pictures.decode(png).width());
  }

  @ParameterizedTest
  @ValueSource(strings = {"ycc420_progressive.jpg", "ycc444_progressive.jpg"})
  void aProgressiveJpegWithoutItsLastScansIsCutOffThoughItHasAnEnd(String name) throws IOException {
    byte[] whole = Pictures.bytes(name);
    int cuts = 0;
    for (int at = indexOf(whole, 0xFF, 0xDA) + 2; at < whole.length - 2; at++) {
      if (whole[at] == (byte) 0xFF && whole[at + 1] == (byte) 0xC4) {
        byte[] part = Arrays.copyOf(whole, at + 2);
        part[at + 1] = (byte) 0xD9;
        assertEquals(
            "Picture test is cut off: its last scans are missing; copy or download it again",
            refusal(part));
        cuts++;
      }
    }
    assertTrue(cuts > 3, "cut " + cuts + " times");
  }

  @Test
  void tagsThatClaimTheSameBytesAgainAndAgainAreNotCopied() throws IOException {
    // 40000 tags of a mebibyte each: copied, they would not fit into memory.
    int tags = 40_000;
    int mebibyte = 1 << 20;
    ByteBuffer exif = ByteBuffer.allocate(mebibyte + 8);
    exif.putShort((short) 0x4D4D).putShort((short) 42).putInt(8).putShort((short) tags);
    for (int tag = 0; tag < tags; tag++) {
      boolean orientation = tag == 0x112;
      exif.putShort((short) tag).putShort((short) (orientation ? 3 : 7));
      exif.putInt(orientation ? 1 : mebibyte).putInt(orientation ? 6 << 16 : 8);
    }
    byte[] pixels = chunk("IDAT", deflated(4 * (8 * 3 + 1)));
    RgbImage turned =
        Pictures.decode(png(8, 4, chunk("eXIf", exif.array()), pixels, chunk("IEND")));
    assertEquals(4, turned.width());
    assertEquals(8, turned.height());
  }

  @Test
  void tooManyScansAreRefused() throws IOException {
    byte[] jpeg = Pictures.bytes("ycc444_progressive.jpg");
    int scan = indexOf(jpeg, 0xFF, 0xDA);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(jpeg, 0, scan);
    for (int i = 0; i < 501; i++) {
      out.write(jpeg, scan, 2 + jpeg[scan + 3]);
    }
    out.write(new byte[] {(byte) 0xFF, (byte) 0xD9});
    assertEquals(
        "Picture test has more than 500 scans; save it as a baseline JPEG",
        refusal(out.toByteArray()));
  }

  @Test
  void tooManyBytesAreRefusedBeforeTheFileIsRead() throws IOException {
    ImageDecoder decoder = new ImageDecoder(new DecodeLimits(100, 100));
    var error =
        assertThrows(
            UnreadableImageException.class,
            () -> decoder.decode(new ImageSource.File(Pictures.file("rgb8.png"))));
    assertTrue(String.valueOf(error.getMessage()).endsWith("bytes; at most 100 are allowed"));
  }

  @Test
  void aWrongExtensionIsSaidWithTheRemedy() throws IOException {
    Path file = Files.write(folder.resolve("a.PNG"), Pictures.bytes("grey.jpg"));
    String expected =
        "Picture %s holds a JPEG in spite of its extension .png; rename it to end in .jpg"
            .formatted(file);
    var error =
        assertThrows(
            UnreadableImageException.class, () -> ImageHeader.read(file, DecodeLimits.DEFAULT));
    assertEquals(expected, error.getMessage());
    error =
        assertThrows(
            UnreadableImageException.class,
            () -> new ImageDecoder(DecodeLimits.DEFAULT).decode(new ImageSource.File(file)));
    assertEquals(expected, error.getMessage());
    Path unnamed = Files.write(folder.resolve("picture"), Pictures.bytes("grey.jpg"));
    assertEquals(ImageFormat.JPEG, ImageHeader.read(unnamed, DecodeLimits.DEFAULT).format());
  }

  @ParameterizedTest
  @CsvSource({
    "'', is empty",
    "3C21646F63747970652068746D6C3E, 'seems to be an HTML or XML page, perhaps of a failed download'",
    "68656C6C6F, seems to be text",
    "474946383961010001000000, seems to be GIF (Graphics Interchange Format)",
    "49492A0008000000000000000000, 'seems to be TIFF or a camera''s raw format'",
    "0000001866747970686569630000000068656963, seems to be HEIF (High Efficiency Image File Format)",
    "00FF00FF00FF, 'is neither PNG, JPEG nor WebP'",
  })
  void otherContentIsNamed(String hex, String what) throws IOException {
    assertEquals(
        "Picture test " + what + "; save it as PNG, JPEG or WebP",
        refusal(HexFormat.of().parseHex(hex)));
  }

  @Test
  void animationsAreRefused() throws IOException {
    byte[] control = ByteBuffer.allocate(8).putInt(5).array();
    byte[] apng = png(8, 4, chunk("acTL", control), chunk("IDAT", deflated(100)), chunk("IEND"));
    assertEquals(
        "Picture test is an animation of 5 frames; save the one that is meant as a still picture",
        refusal(apng));
    byte[] webp = Pictures.bytes("exif8.webp");
    webp[20] |= 2;
    assertEquals(
        "Picture test is an animation; save the frame that is meant as a still picture",
        refusal(webp));
  }

  @Test
  void kindsOfJpegThatAreNotReadAreNamed() throws IOException {
    byte[] jpeg = Pictures.bytes("grey.jpg");
    int frame = indexOf(jpeg, 0xFF, 0xC0);
    jpeg[frame + 4] = 12;
    assertEquals("Picture test has 12 bits per sample; save it with 8", refusal(jpeg));
    jpeg[frame + 1] = (byte) 0xC9;
    assertTrue(refusal(jpeg).contains("lossless, hierarchical or arithmetic-coded"));
  }

  private static String refusal(byte[] bytes) {
    return String.valueOf(
        assertThrows(UnreadableImageException.class, () -> Pictures.decode(bytes)).getMessage());
  }

  private static int indexOf(byte[] bytes, int first, int second) {
    for (int i = 0; i < bytes.length - 1; i++) {
      if (bytes[i] == (byte) first && bytes[i + 1] == (byte) second) {
        return i;
      }
    }
    throw new AssertionError("no such marker");
  }

  /** An 8-bit RGB PNG of these chunks. */
  private static byte[] png(int width, int height, byte[]... chunks) throws IOException {
    byte[] png = Arrays.copyOf(Pictures.bytes("rgb8.png"), END_OF_IHDR);
    ByteBuffer header = ByteBuffer.allocate(13).put(png, 16, 13).putInt(0, width).putInt(4, height);
    byte[] signature = Arrays.copyOf(png, 8);
    byte[] result = concat(signature, chunk("IHDR", header.array()));
    for (byte[] chunk : chunks) {
      result = concat(result, chunk);
    }
    return result;
  }

  private static byte[] chunk(String type, byte... data) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    out.writeInt(data.length);
    out.writeBytes(type);
    out.write(data);
    CRC32 crc = new CRC32();
    crc.update(bytes.toByteArray(), 4, data.length + 4);
    out.writeInt((int) crc.getValue());
    return bytes.toByteArray();
  }

  private static byte[] deflated(int zeros) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DeflaterOutputStream out = new DeflaterOutputStream(bytes)) {
      out.write(new byte[zeros]);
    }
    return bytes.toByteArray();
  }

  private static byte[] concat(byte[] first, byte[] second) {
    byte[] both = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, both, first.length, second.length);
    return both;
  }
}
