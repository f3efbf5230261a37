package io.lockstep.datatools.demo;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;

/** Opens what ships beside this package's classes. */
final class Resources {

  private Resources() {}

  static InputStream open(String name) throws IOException {
    InputStream stream = Resources.class.getResourceAsStream(name);
    if (stream == null) {
      throw new FileNotFoundException(
          "resource io/lockstep/datatools/demo/"
              + name
              + " is not on the class path; build data-tools again");
    }
    return stream;
  }
}
