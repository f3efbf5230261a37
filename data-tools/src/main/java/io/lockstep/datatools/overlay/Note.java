package io.lockstep.datatools.overlay;

import java.awt.Color;

/**
 * A paragraph under a picture.
 *
 * @param title stands before it, for instance {@code truth}
 * @param text one or more lines; long ones are wrapped
 */
public record Note(String title, String text, Mark mark) {

  /** How a note is marked. */
  public enum Mark {
    NONE(30, 30, 30),
    /** A green tick. */
    RIGHT(20, 140, 60),
    /** A red cross. */
    WRONG(200, 30, 30);

    private final Color colour;

    Mark(int red, int green, int blue) {
      this.colour = new Color(red, green, blue);
    }

    Color colour() {
      return colour;
    }
  }
}
