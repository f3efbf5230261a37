package io.lockstep.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.lockstep.data.bank.Patch;
import io.lockstep.data.bank.PatchBank;
import io.lockstep.data.bank.PatchKey;
import io.lockstep.data.bank.PatchObject;
import io.lockstep.data.bank.Piece;
import io.lockstep.data.bank.Region;
import io.lockstep.data.geometry.Geometry;
import io.lockstep.data.image.RgbImage;
import io.lockstep.data.record.Origin;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands that check, count and convert data, as a person calls them. */
class DataCommandsTest {

  private static final Path MODEL = Path.of("..", "base-model");

  @TempDir private Path folder;

  private Path picture(String name, int width, int height) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.resolveSibling(""));
    BufferedImage picture = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    ImageIO.write(picture, "png", file.toFile());
    return file;
  }

  private Path data() throws IOException {
    picture("a 图.png", 100, 50);
    return Files.writeString(
        folder.resolve("train.jsonl"),
        "{\"images\": [\"a 图.png\"], \"objects\": [{\"desc\": \"标签/x\", \"bbox_2d\": [0, 0, 10, 20]},"
            + " {\"desc\": \"标签/y\", \"poly\": [0, 0, 10, 0, 10, 10]}, {\"desc\": \"线\", \"line\":"
            + " [0, 0, 30, 40]}], \"width\": 100, \"height\": 50, \"summary\": \"标签×2，线×1\"}\n"
            + "{\"messages\": [{\"role\": \"user\", \"content\": \"q\"}, {\"role\": \"assistant\","
            + " \"content\": \"a\"}]}\n");
  }

  @Test
  void statsCountSizesAndTokens() throws IOException {
    Path png = folder.resolve("stats.png");
    Said said =
        Said.by(
            "data",
            "stats",
            "--data",
            data().toString(),
            "--model",
            MODEL.toString(),
            "--out",
            png.toString(),
            "--json");
    assertEquals(0, said.exit(), said::err);
    JsonNode json = said.json();
    assertEquals(1, json.path("pictures").intValue());
    assertEquals(3, json.path("objects").intValue());
    assertEquals(2, json.path("kinds").path("标签").intValue());
    assertEquals(1, json.path("geometries").path("poly").intValue());
    assertEquals(50, json.path("line_length").path("greatest").intValue());
    assertEquals(40, json.path("object_share").path("greatest").intValue());
    assertEquals(100, json.path("picture_width").path("mean").intValue());
    long summary = json.path("summary_tokens").path("greatest").longValue();
    long dense = json.path("dense_tokens").path("greatest").longValue();
    assertTrue(dense > summary && summary > 20, json::toString);
    assertTrue(json.path("chat_tokens").path("greatest").longValue() < summary, json::toString);
    assertTrue(Files.size(png) > 10_000);
  }

  @Test
  void statsCountThePicturesOfConversations() throws IOException {
    picture("small.png", 30, 20);
    String turn =
        "{\"messages\": [{\"role\": \"user\", \"content\": [{\"type\": \"image\", \"image\":"
            + " \"small.png\"}, {\"type\": \"image\", \"image\": \"%s\"}]}, {\"role\":"
            + " \"assistant\", \"content\": \"a\"}]}\n";
    Path chats =
        Files.writeString(
            folder.resolve("chats.jsonl"),
            turn.formatted("small.png") + turn.formatted("none.png"));
    Said said = Said.by("data", "stats", "--data", chats.toString(), "--json");
    assertEquals(0, said.exit(), said::err);
    assertEquals(4, said.json().path("pictures").intValue());
    assertEquals(1, said.json().path("unreadable_pictures").intValue());
    assertEquals(2, said.json().path("conversations").intValue());
    assertEquals(2, said.json().path("pictures_per_chat").path("greatest").intValue());
    assertEquals(3, said.json().path("picture_width").path("count").intValue());
    assertEquals(30, said.json().path("picture_width").path("greatest").intValue());
  }

  @Test
  void decodingFindsWhatHeadersDoNotShow() throws IOException {
    Path png = picture("damaged.png", 40, 40);
    byte[] bytes = Files.readAllBytes(png);
    shorten(bytes);
    Files.write(png, bytes);
    Path chats =
        Files.writeString(
            folder.resolve("chats.jsonl"),
            "{\"messages\": [{\"role\": \"user\", \"content\": [{\"type\": \"image\", \"image\":"
                + " \"damaged.png\"}]}, {\"role\": \"assistant\", \"content\": \"a\u200Bb\"}]}\n");
    Said headers = Said.by("data", "check", "--data", chats.toString());
    assertEquals(0, headers.exit(), headers::out);
    assertTrue(headers.out().contains("chats.jsonl:1: warning: messages[1].content"), headers::out);
    assertTrue(headers.out().contains("OK, 1 records, 1 warnings"), headers::out);
    Said decoded = Said.by("data", "check", "--data", chats.toString(), "--decode", "--json");
    assertEquals(1, decoded.exit(), decoded::out);
    assertTrue(decoded.out().contains("chats.jsonl:1: picture 1 of the messages: "), decoded::out);
    assertEquals(1, decoded.json().path("decoded").intValue());
  }

  /** Gives the picture twice as many rows as its data has, with a good checksum. */
  private static void shorten(byte[] png) {
    int header = 12;
    int height = 23;
    int end = 29;
    png[height] = (byte) (2 * png[height]);
    CRC32 checksum = new CRC32();
    checksum.update(png, header, end - header);
    ByteBuffer.wrap(png).putInt(end, (int) checksum.getValue());
  }

  @Test
  void checkCountsByKindAndEndsWithOne() throws IOException {
    Path jsonl = data();
    assertEquals(0, Said.by("data", "check", "--data", jsonl.toString()).exit());
    String bad = "{\"images\": [\"none.png\"], \"objects\": [], \"width\": 1, \"height\": 1}\n";
    Files.writeString(jsonl, bad.repeat(3));
    Said said = Said.by("data", "check", "--data", jsonl.toString(), "--first", "1", "--json");
    assertEquals(1, said.exit());
    assertEquals(1, said.out().lines().filter(line -> line.startsWith(jsonl + ":")).count());
    assertEquals(3, said.json().path("problems").intValue());
    assertEquals(3, said.json().path("kinds").path(0).path("count").intValue());
  }

  @Test
  void convertedFoldersPassTheCheck() throws IOException {
    picture("in/class one/a.png", 20, 10);
    Path out = folder.resolve("out");
    Said said =
        Said.by(
            "data",
            "convert",
            "--from",
            "folder",
            "--images",
            folder.resolve("in").toString(),
            "--out",
            out.toString(),
            "--json");
    assertEquals(0, said.exit(), said::err);
    assertEquals(1, said.json().path("records").intValue());
    String jsonl = out.resolve("data.jsonl").toString();
    assertEquals(0, Said.by("data", "check", "--data", jsonl).exit());
    assertEquals(
        2,
        Said.by("data", "convert", "--from", "coco", "--images", ".", "--out", "x").exit(),
        "--annotations is needed");
  }

  @Test
  void aConvertedFolderIsSplit() throws IOException {
    picture("in/class one/a.png", 20, 10);
    picture("in/class two/b.png", 20, 10);
    String in = folder.resolve("in").toString();
    String out = folder.resolve("out").toString();
    Said.by("data", "convert", "--from", "folder", "--images", in, "--out", out);
    String jsonl = folder.resolve("out/data.jsonl").toString();
    Said said =
        Said.by("data", "split", "--data", jsonl, "--val-share", "0.5", "--seed", "7", "--json");
    assertEquals(0, said.exit(), said::err);
    assertEquals(1, said.json().path("train").intValue());
    assertEquals(1, said.json().path("val").intValue());
    assertTrue(said.out().contains("warning: nobody learns class "), said.out());
    for (String part : List.of("train", "val", "tiny")) {
      String file = folder.resolve("out/" + part + ".jsonl").toString();
      assertEquals(0, Said.by("data", "check", "--data", file).exit());
    }
    assertEquals(1, Said.by("data", "split", "--data", jsonl, "--seed", "7").exit());
  }

  @Test
  void bankIsCountedAndDamageEndsWithOne() throws IOException {
    Path file = picture("p.png", 30, 30);
    Path dir = folder.resolve("bank");
    PatchObject object = new PatchObject(0, "标签/x", new Geometry.Box(2, 2, 8, 8));
    Piece piece = new Piece(new Region(0, 0, 10, 10), List.of(object));
    Patch patch = piece.cut(new Origin(file, 1), new RgbImage(30, 30, new byte[30 * 30 * 3]));
    PatchBank.open(dir, PatchBank.MIN_BYTES).put(PatchKey.of(file, piece), patch);
    Said good = Said.by("data", "bank", "--dir", dir.toString(), "--json");
    assertEquals(0, good.exit(), good::err);
    assertEquals(1, good.json().path("patches").intValue());
    assertEquals(PatchBank.MIN_BYTES, good.json().path("max_bytes").longValue());
    assertTrue(good.out().contains("65536 bytes; "), good::out);
    assertEquals(1, good.json().path("classes").path("标签").intValue());
    try (Stream<Path> files = Files.list(dir)) {
      for (Path each : files.filter(name -> name.toString().endsWith(".data")).toList()) {
        byte[] bytes = Files.readAllBytes(each);
        bytes[bytes.length / 2] ^= 1;
        Files.write(each, bytes);
      }
    }
    Said bad = Said.by("data", "bank", "--dir", dir.toString(), "--json");
    assertEquals(1, bad.exit());
    assertEquals(1, bad.json().path("damaged").intValue());
    assertTrue(bad.err().contains("delete the folder"), bad::err);
    assertEquals(1, Said.by("data", "bank", "--dir", folder.resolve("no").toString()).exit());
  }
}
