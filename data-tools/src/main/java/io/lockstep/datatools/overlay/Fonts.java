package io.lockstep.datatools.overlay;

import java.awt.Font;
import java.awt.FontFormatException;
import java.awt.Graphics2D;
import java.awt.font.TextAttribute;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.text.AttributedString;

/** The shipped fonts at a size, so that text looks the same on every machine. */
final class Fonts {

  private final Font latin;
  private final Font chinese;

  private Fonts(Font latin, Font chinese) {
    this.latin = latin;
    this.chinese = chinese;
  }

  /**
   * Both fonts at a size.
   *
   * @param size in pixels of an em
   */
  static Fonts load(float size) throws IOException {
    ShippedFonts.use();
    return new Fonts(
        read(ShippedFonts.LATIN).deriveFont(size), read(ShippedFonts.CHINESE).deriveFont(size));
  }

  private static Font read(String name) throws IOException {
    try {
      return Font.createFont(
          Font.TRUETYPE_FONT, new ByteArrayInputStream(ShippedFonts.bytes(name)));
    } catch (FontFormatException e) {
      throw new IOException("resource " + name + " is not a font; build data-tools again", e);
    }
  }

  /** The font that has the character; the Latin one's empty box stands for what neither has. */
  private Font of(int codePoint) {
    return chinese.canDisplay(codePoint) && !latin.canDisplay(codePoint) ? chinese : latin;
  }

  /** Distance between the base lines of two lines of text, in pixels. */
  int lineHeight() {
    return StrictMath.round(latin.getSize2D() * 1.4f);
  }

  int width(Graphics2D g, String text) {
    return text.codePoints()
        .map(c -> g.getFontMetrics(of(c)).stringWidth(Character.toString(c)))
        .sum();
  }

  /** Draws a line of text with its base line at y. */
  void draw(Graphics2D g, String text, int x, int y) {
    if (text.isEmpty()) {
      return;
    }
    AttributedString line = new AttributedString(text);
    for (int i = 0; i < text.length(); i = text.offsetByCodePoints(i, 1)) {
      line.addAttribute(
          TextAttribute.FONT, of(text.codePointAt(i)), i, text.offsetByCodePoints(i, 1));
    }
    g.drawString(line.getIterator(), x, y);
  }
}
