package io.lockstep.datatools.overlay;

import java.awt.BasicStroke;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.List;

/** Notes wrapped to the width of a picture, to be drawn under it. */
final class NotePanel {

  private static final int MARGIN = 10;

  /** Room for the mark at the end of a line. */
  private static final int MARK_WIDTH = 22;

  private final Fonts fonts;
  private final List<Line> lines;

  private NotePanel(Fonts fonts, List<Line> lines) {
    this.fonts = fonts;
    this.lines = lines;
  }

  /** A line of a wrapped note; its last line carries the mark. */
  private record Line(String text, Note.Mark mark, boolean last) {}

  /** Wraps notes for a panel of the given width in pixels. */
  static NotePanel of(List<Note> notes, Fonts fonts, int width) {
    Graphics2D g = Overlay.pen(new BufferedImage(1, 1, BufferedImage.TYPE_INT_RGB));
    try {
      List<Line> lines = new ArrayList<>();
      for (Note note : notes) {
        List<String> wrapped =
            wrap(fonts, g, note.title() + ": " + note.text(), width - 2 * MARGIN - MARK_WIDTH);
        for (int i = 0; i < wrapped.size(); i++) {
          lines.add(new Line(wrapped.get(i), note.mark(), i == wrapped.size() - 1));
        }
      }
      return new NotePanel(fonts, lines);
    } finally {
      g.dispose();
    }
  }

  /** Pixels; 0 without notes. */
  int height() {
    return lines.isEmpty() ? 0 : lines.size() * fonts.lineHeight() + 2 * MARGIN;
  }

  /** Draws the lines below y. */
  void draw(Graphics2D g, int top) {
    int y = top + MARGIN - fonts.lineHeight() / 3;
    for (Line line : lines) {
      y += fonts.lineHeight();
      line(g, line, y);
    }
  }

  /** Breaks after any character, as Chinese does, and at line breaks. */
  private static List<String> wrap(Fonts fonts, Graphics2D g, String paragraph, int width) {
    List<String> lines = new ArrayList<>();
    for (String part : paragraph.split("\\R", -1)) {
      StringBuilder line = new StringBuilder();
      for (int codePoint : part.codePoints().toArray()) {
        String next = Character.toString(codePoint);
        if (fonts.width(g, line + next) > width && !line.isEmpty()) {
          lines.add(line.toString());
          line.setLength(0);
        }
        line.append(next);
      }
      lines.add(line.toString());
    }
    return lines;
  }

  private void line(Graphics2D g, Line line, int y) {
    g.setColor(line.mark().colour());
    fonts.draw(g, line.text(), MARGIN, y);
    int x = MARGIN + fonts.width(g, line.text()) + 8;
    g.setStroke(new BasicStroke(2.5f, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND));
    switch (line.last() ? line.mark() : Note.Mark.NONE) {
      case NONE -> {}
      case RIGHT -> {
        g.drawLine(x, y - 6, x + 4, y - 1);
        g.drawLine(x + 4, y - 1, x + 12, y - 12);
      }
      case WRONG -> {
        g.drawLine(x, y - 11, x + 10, y - 1);
        g.drawLine(x, y - 1, x + 10, y - 11);
      }
    }
  }
}
