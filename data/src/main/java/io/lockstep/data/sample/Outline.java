package io.lockstep.data.sample;

import java.util.ArrayList;
import java.util.List;

/**
 * Ground-truth geometry in whole pixels of the picture.
 *
 * @param form how to read the coordinates, and the field of the record they belong in
 * @param xy bbox: x1, y1, x2, y2; poly and line: x1, y1, x2, y2, ...
 */
record Outline(Form form, List<Integer> xy) {

  enum Form {
    BBOX("bbox_2d"),
    POLY("poly"),
    LINE("line");

    private final String field;

    Form(String field) {
      this.field = field;
    }

    String field() {
      return field;
    }
  }

  Outline {
    xy = List.copyOf(xy);
  }

  static Outline bbox(double x1, double y1, double x2, double y2) {
    return new Outline(Form.BBOX, List.of(pixel(x1), pixel(y1), pixel(x2), pixel(y2)));
  }

  static Outline line(double[] xy) {
    List<Integer> pixels = new ArrayList<>();
    for (double value : xy) {
      pixels.add(pixel(value));
    }
    return new Outline(Form.LINE, pixels);
  }

  /**
   * A polygon whose vertices come clockwise on the screen; it starts at the top-most, then
   * left-most one.
   */
  static Outline polygon(double[] xy) {
    int points = xy.length / 2;
    int first = 0;
    for (int i = 1; i < points; i++) {
      int dy = pixel(xy[2 * i + 1]) - pixel(xy[2 * first + 1]);
      if (dy < 0 || (dy == 0 && pixel(xy[2 * i]) < pixel(xy[2 * first]))) {
        first = i;
      }
    }
    List<Integer> pixels = new ArrayList<>();
    for (int i = 0; i < points; i++) {
      int from = (first + i) % points;
      pixels.add(pixel(xy[2 * from]));
      pixels.add(pixel(xy[2 * from + 1]));
    }
    return new Outline(Form.POLY, pixels);
  }

  private static int pixel(double value) {
    return (int) StrictMath.round(StrictMath.min(StrictMath.max(value, 0), Scene.SIZE));
  }
}
