package io.lockstep.data.geometry;

/**
 * An affine map of the plane, the 3x3 matrix with the rows (xx, xy, dx), (yx, yy, dy), (0, 0, 1):
 * {@code x' = xx x + xy y + dx}, {@code y' = yx x + yy y + dy}.
 *
 * <p>Angles go through {@code StrictMath}, so that every machine gets the same bits.
 */
public record Affine(double xx, double xy, double dx, double yx, double yy, double dy) {

  /** The map that changes nothing. */
  public static final Affine IDENTITY = new Affine(1, 0, 0, 0, 1, 0);

  private static final int QUARTER_DEGREES = 90;
  private static final int QUARTERS = 4;

  /** Moves by a vector. */
  public static Affine translation(double dx, double dy) {
    return new Affine(1, 0, dx, 0, 1, dy);
  }

  /** Stretches along the axes, away from the origin. */
  public static Affine scaling(double x, double y) {
    return new Affine(x, 0, 0, 0, y, 0);
  }

  /** Mirrors left and right in a picture of that width. */
  public static Affine horizontalFlip(double width) {
    return new Affine(-1, 0, width, 0, 1, 0);
  }

  /** Mirrors top and bottom in a picture of that height. */
  public static Affine verticalFlip(double height) {
    return new Affine(1, 0, 0, 0, -1, height);
  }

  /**
   * Turns around the origin, clockwise as seen on screen.
   *
   * @param degrees quarter turns are exact
   */
  public static Affine rotation(double degrees) {
    if (degrees % QUARTER_DEGREES == 0) {
      int quarter = Math.floorMod((long) (degrees / QUARTER_DEGREES), QUARTERS);
      int cos = quarter == 0 ? 1 : quarter == 2 ? -1 : 0;
      int sin = quarter == 1 ? 1 : quarter == 3 ? -1 : 0;
      return new Affine(cos, -sin, 0, sin, cos, 0);
    }
    double angle = StrictMath.toRadians(degrees);
    double cos = StrictMath.cos(angle);
    double sin = StrictMath.sin(angle);
    return new Affine(cos, -sin, 0, sin, cos, 0);
  }

  /** This map, but with the pivot where the origin was: the pivot stays where it is. */
  public Affine around(Point pivot) {
    return translation(-pivot.x(), -pivot.y()).then(this).then(translation(pivot.x(), pivot.y()));
  }

  /** This map first, then the other one: the product {@code next * this}. */
  public Affine then(Affine next) {
    return new Affine(
        next.xx * xx + next.xy * yx,
        next.xx * xy + next.xy * yy,
        next.xx * dx + next.xy * dy + next.dx,
        next.yx * xx + next.yy * yx,
        next.yx * xy + next.yy * yy,
        next.yx * dx + next.yy * dy + next.dy);
  }

  /** How areas change; negative if clockwise becomes anticlockwise. */
  public double determinant() {
    return xx * yy - xy * yx;
  }

  /**
   * The map back.
   *
   * @throws IllegalArgumentException if this one flattens the plane
   */
  public Affine inverse() {
    double determinant = determinant();
    if (determinant == 0 || !Double.isFinite(determinant)) {
      throw new IllegalArgumentException("there is no way back from " + this);
    }
    double ixx = yy / determinant;
    double ixy = -xy / determinant;
    double iyx = -yx / determinant;
    double iyy = xx / determinant;
    return new Affine(ixx, ixy, -(ixx * dx + ixy * dy), iyx, iyy, -(iyx * dx + iyy * dy));
  }

  /** Where a point goes. */
  public Point apply(Point p) {
    return new Point(xx * p.x() + xy * p.y() + dx, yx * p.x() + yy * p.y() + dy);
  }

  /** Whether boxes stay boxes: flips, stretches along the axes and translations. */
  public boolean keepsBoxes() {
    return xy == 0 && yx == 0;
  }
}
