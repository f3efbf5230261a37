package io.lockstep.config;

/**
 * Something that is wrong with a configuration.
 *
 * @param place file, with the line where it is known
 * @param what the key, what is wrong with it and how to mend it
 */
public record Problem(String place, String what) {

  @Override
  public String toString() {
    return place + ": " + what;
  }
}
