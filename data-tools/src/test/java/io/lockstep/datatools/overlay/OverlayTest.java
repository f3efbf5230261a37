package io.lockstep.datatools.overlay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.data.geometry.Geometry;
import io.lockstep.data.geometry.Point;
import io.lockstep.data.record.DataObject;
import java.awt.Color;
import java.awt.Font;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.function.Predicate;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OverlayTest {

  private static final List<DataObject> OBJECTS =
      List.of(
          new DataObject("标签/7", new Geometry.Box(10, 40, 40, 60)),
          new DataObject(
              "螺丝/松动",
              new Geometry.Polygon(
                  List.of(new Point(90, 40), new Point(110, 60), new Point(70, 60)))),
          new DataObject(
              "光纤/损坏", new Geometry.Polyline(List.of(new Point(10, 110), new Point(100, 120)))));

  @TempDir Path temp;

  private static BufferedImage grey() {
    return new BufferedImage(128, 128, BufferedImage.TYPE_INT_RGB);
  }

  private static long count(BufferedImage image, int fromY, Predicate<Color> wanted) {
    long count = 0;
    for (int y = fromY; y < image.getHeight(); y++) {
      for (int x = 0; x < image.getWidth(); x++) {
        count += wanted.test(new Color(image.getRGB(x, y))) ? 1 : 0;
      }
    }
    return count;
  }

  private static boolean isGreen(Color c) {
    return c.getGreen() > 120 && c.getRed() < 60;
  }

  private static boolean isRed(Color c) {
    return c.getRed() > 180 && c.getGreen() < 60;
  }

  @Test
  void smallPicturesGrowFourTimesAndGetAPanelForTheNotes() throws IOException {
    BufferedImage sheet = Overlay.create().draw(grey(), OBJECTS, Overlay.comparison("a×1", "a×1"));
    assertEquals(512, sheet.getWidth());
    assertTrue(sheet.getHeight() > 512);
    assertNotEquals(Color.BLACK.getRGB(), sheet.getRGB(40, 200), "left edge of the box");
  }

  @Test
  void equalAnswersAreGreenAndOthersRed() throws IOException {
    Overlay overlay = Overlay.create();
    BufferedImage right = overlay.draw(grey(), List.of(), Overlay.comparison("标签/7×1", "标签/7×1"));
    assertTrue(count(right, 512, OverlayTest::isGreen) > 50);
    assertEquals(0, count(right, 512, OverlayTest::isRed));
    BufferedImage wrong = overlay.draw(grey(), List.of(), Overlay.comparison("标签/7×1", "标签/1×1"));
    assertTrue(count(wrong, 512, OverlayTest::isRed) > 50);
    assertEquals(0, count(wrong, 512, OverlayTest::isGreen));
  }

  @Test
  void longNotesWrap() throws IOException {
    Overlay overlay = Overlay.create();
    int one = overlay.draw(grey(), List.of(), Overlay.comparison("好", "好")).getHeight();
    String text = "挡风板/已安装×1，".repeat(12);
    assertTrue(
        overlay.draw(grey(), List.of(), Overlay.comparison(text, "好")).getHeight() > one + 40);
  }

  @Test
  void everyCharacterOfTheSampleHasAGlyph() throws Exception {
    String text = "BBU设备/显示完整×1，螺丝紧固松动接头安装正确方向不光纤有保护损坏挡风板已缺失标签；：。、（）牌六角尖上下线整断框满空盒图哪张先";
    try (InputStream latin = open("DejaVuSans-subset.ttf");
        InputStream chinese = open("DroidSansFallback-subset.ttf")) {
      Font first = Font.createFont(Font.TRUETYPE_FONT, latin);
      Font second = Font.createFont(Font.TRUETYPE_FONT, chinese);
      text.codePoints()
          .forEach(
              c -> assertTrue(first.canDisplay(c) || second.canDisplay(c), Character.toString(c)));
    }
  }

  private static InputStream open(String name) {
    return Objects.requireNonNull(Overlay.class.getResourceAsStream(name));
  }

  @Test
  void filesAreWrittenAndBrokenPicturesNamed() throws IOException {
    Path image = temp.resolve("in.png");
    ImageIO.write(grey(), "png", image.toFile());
    Path out = temp.resolve("a/b/out.png");
    Overlay.create().write(image, OBJECTS, List.of(), out);
    assertEquals(512, ImageIO.read(out.toFile()).getHeight());

    Path broken = Files.writeString(temp.resolve("broken.png"), "no picture");
    IOException error =
        assertThrows(
            IOException.class, () -> Overlay.create().write(broken, OBJECTS, List.of(), out));
    assertTrue(String.valueOf(error.getMessage()).contains("broken.png"));
  }
}
