package io.lockstep.tensor;

import ai.djl.pytorch.jni.LibUtils;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Everything but the inputs that decides the bits of a result in this process, by name: two
 * processes that agree in all of it compute the same bits.
 *
 * <p>The number of threads cuts a matrix product into other pieces. libtorch and the matrix library
 * choose their kernels by the vector instructions of the processor, the latter also by who made it,
 * and both may be told by variables of the environment to use others.
 */
public final class Numerics {

  /** The value of a variable that isn't set. */
  public static final String UNSET = "not set";

  private static final List<String> VARIABLES =
      List.of(
          "DNNL_MAX_CPU_ISA",
          "MKL_CBWR",
          "MKL_DEBUG_CPU_TYPE",
          "MKL_DYNAMIC",
          "MKL_ENABLE_INSTRUCTIONS",
          "OMP_DYNAMIC",
          "OMP_THREAD_LIMIT",
          "ONEDNN_MAX_CPU_ISA");

  private static final Path PROCESSORS = Path.of("/proc/cpuinfo");
  private static final Pattern VENDOR = Pattern.compile("(?m)^vendor_id\\s*:\\s*(\\S+)");
  private static final Pattern FLAGS = Pattern.compile("(?m)^flags\\s*:(.*)$");

  /** Instructions for which matrix libraries have kernels of their own. */
  private static final Pattern WITH_KERNELS =
      Pattern.compile("\\b(?:fma|avx\\w*|amx\\w*|sse4_2)\\b");

  private Numerics() {}

  /** Those of this process, in which libtorch has been started. */
  public static SortedMap<String, String> ofThisProcess() {
    SortedMap<String, String> values = new TreeMap<>();
    values.put("threads", Integer.toString(Torch.threads()));
    values.put("libtorch", LibUtils.getVersion());
    values.put("vector_instructions", Native.cpuCapability());
    values.put("matrix_library", Native.matrixLibraries());
    values.put("processor", processor());
    values.putAll(Devices.versions());
    for (String variable : VARIABLES) {
      String value = System.getenv(variable);
      values.put(variable, value == null ? UNSET : value);
    }
    return Collections.unmodifiableSortedMap(values);
  }

  /** Who made the processor, and the instructions that matrix products may use. */
  private static String processor() {
    String architecture = System.getProperty("os.arch");
    String text;
    try {
      text = Files.readString(PROCESSORS);
    } catch (IOException e) {
      return architecture;
    }
    return describe(architecture, text);
  }

  /** The same of what Linux says of the processors, of which the first speaks for all. */
  static String describe(String architecture, String processors) {
    Matcher vendor = VENDOR.matcher(processors);
    Matcher flags = FLAGS.matcher(processors);
    TreeSet<String> instructions = new TreeSet<>();
    if (flags.find()) {
      WITH_KERNELS
          .matcher(flags.group(1))
          .results()
          .forEach(flag -> instructions.add(flag.group()));
    }
    return String.join(
            " ", architecture, vendor.find() ? vendor.group(1) : "", String.join(" ", instructions))
        .strip();
  }
}
