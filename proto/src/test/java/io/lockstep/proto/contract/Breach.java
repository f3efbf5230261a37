package io.lockstep.proto.contract;

/**
 * A change that a program built for the released contract would stumble over.
 *
 * @param file the proto file that declared the element at the release
 * @param element its full name, of a field or value with its number
 * @param what what has become of it
 * @param fix what to write instead
 */
record Breach(String file, String element, String what, String fix) {

  @Override
  public String toString() {
    return "%s: %s %s: %s".formatted(file, element, what, fix);
  }
}
