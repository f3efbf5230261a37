package io.lockstep.tensor;

import ai.djl.pytorch.jni.LibUtils;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Refuses a libtorch that DJL's native bindings were not built for. They read a tensor's shape out
 * of its memory, whose layout is another in other versions: the process would crash at the first
 * shape that is asked for.
 */
final class LibtorchMatch {

  /** What the bindings say of themselves: {@code jni_version=2.7.1-0.35.1}. */
  private static final String BINDINGS = "/jnilib/pytorch.properties";

  private static final String KEY = "jni_version";
  private static final Pattern VERSION = Pattern.compile("\\bTORCH_VERSION=(\\d+\\.\\d+\\.\\d+)");
  private static final Pattern NUMBERS = Pattern.compile("^\\d+\\.\\d+\\.\\d+");

  private LibtorchMatch() {}

  /**
   * Compares what is loaded in this process, before any tensor exists.
   *
   * @throws TorchException naming both versions and what to do
   */
  static void require() {
    require(bindings(), Native.buildSettings(), LibUtils.getLibtorchPath());
  }

  /**
   * Compares.
   *
   * @param bindings the bindings' version, for example {@code 2.7.1-0.35.1}
   * @param settings what libtorch says of its build
   * @param folder where it was loaded from
   */
  static void require(String bindings, String settings, String folder) {
    String wanted = numbers(bindings);
    Matcher found = VERSION.matcher(settings);
    String version = found.find() ? found.group(1) : "of an unknown version";
    if (!version.equals(wanted)) {
      throw new TorchException(
          "libtorch in %s is %s, but the bindings are built for %s and would crash with another one: unset PYTORCH_LIBRARY_PATH to take the one that is shipped, or set it to a libtorch %s; see docs/gpu.md"
              .formatted(folder, version, wanted, wanted));
    }
  }

  private static String numbers(String version) {
    Matcher numbers = NUMBERS.matcher(version);
    if (!numbers.find()) {
      throw new IllegalStateException(BINDINGS + " says " + KEY + " " + version);
    }
    return numbers.group();
  }

  private static String bindings() {
    Properties properties = new Properties();
    try (InputStream file = LibUtils.class.getResourceAsStream(BINDINGS)) {
      if (file == null) {
        throw new IllegalStateException(BINDINGS + " is not on the class path: add pytorch-jni");
      }
      properties.load(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return properties.getProperty(KEY, "");
  }
}
