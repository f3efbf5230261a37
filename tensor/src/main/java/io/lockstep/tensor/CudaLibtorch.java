package io.lockstep.tensor;

import ai.djl.pytorch.jni.LibUtils;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What of CUDA the loaded libtorch has. */
final class CudaLibtorch {

  private static final Pattern RUNTIME = Pattern.compile("CUDA Runtime (\\d+(?:\\.\\d+)*)");
  private static final Pattern CUDNN = Pattern.compile("CuDNN (\\d+(?:\\.\\d+)*)");
  private static final String WORKSPACE = "CUBLAS_WORKSPACE_CONFIG";

  private CudaLibtorch() {}

  /**
   * Checks that it computes on CUDA devices.
   *
   * @throws DeviceException if it is a build for CPUs
   */
  static void require() {
    require(Path.of(LibUtils.getLibtorchPath()), LibUtils.getVersion());
  }

  /** Whether the environment names one. */
  static boolean isNamed(Map<String, String> environment) {
    String folder = environment.get("PYTORCH_LIBRARY_PATH");
    return folder != null && isIn(Path.of(folder));
  }

  private static boolean isIn(Path folder) {
    return Files.exists(folder.resolve(System.mapLibraryName("torch_cuda")));
  }

  static void require(Path folder, String version) {
    if (!isIn(folder)) {
      throw new DeviceException(
          "libtorch %s in %s is a build for CPUs: name one for CUDA by PYTORCH_LIBRARY_PATH=FOLDER PYTORCH_VERSION=2.7.1 PYTORCH_FLAVOR=cu128; see docs/gpu.md"
              .formatted(version, folder));
    }
  }

  /** The version of CUDA's runtime, of what libtorch says of its build. */
  static String runtime(String settings) {
    return found(RUNTIME, settings);
  }

  /** The version of cuDNN. */
  static String cudnn(String settings) {
    return found(CUDNN, settings);
  }

  private static String found(Pattern pattern, String settings) {
    Matcher found = pattern.matcher(settings);
    return found.find() ? found.group(1) : "unknown";
  }

  /**
   * Makes matrix products give the same bits each time: cuBLAS wants memory of a fixed size for it,
   * named in the environment before it starts. One that is set is left.
   */
  static void fixWorkspace() {
    Linker linker = Linker.nativeLinker();
    MethodHandle setenv =
        linker.downcallHandle(
            linker.defaultLookup().findOrThrow("setenv"),
            FunctionDescriptor.of(
                ValueLayout.JAVA_INT,
                ValueLayout.ADDRESS,
                ValueLayout.ADDRESS,
                ValueLayout.JAVA_INT));
    try (Arena arena = Arena.ofConfined()) {
      int result =
          (int) setenv.invokeExact(arena.allocateFrom(WORKSPACE), arena.allocateFrom(":4096:8"), 0);
      if (result != 0) {
        throw new IllegalStateException("setting " + WORKSPACE + " failed");
      }
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException("setenv", e);
    }
  }
}
