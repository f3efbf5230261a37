package io.lockstep.collective.nccl;

import io.lockstep.tensor.Torch;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bytedeco.cuda.global.cudart;
import org.bytedeco.javacpp.Loader;
import org.jspecify.annotations.Nullable;

/** Whether this process can use NCCL. */
public sealed interface NcclSupport {

  /** It can. */
  record Loaded(NcclRuntime runtime) implements NcclSupport {}

  /**
   * It can't.
   *
   * @param why one line that names what is missing, where it was looked for and how to get it
   */
  record Missing(String why) implements NcclSupport {}

  /** The oldest NCCL whose communicators need not block. */
  int OLDEST = 21_400;

  /**
   * Loads the driver, the CUDA runtime and NCCL. Nothing of them is touched before.
   *
   * @param device number of the device that tensors lie on, among those that the process sees
   */
  static NcclSupport load(int device) {
    try {
      Loader.load(cudart.class);
      Loader.load(org.bytedeco.cuda.global.nccl.class);
      return check(
          new NcclRuntime(
              new JavaCppNccl(), new JavaCppCuda(), device, () -> Torch.currentCudaStream(device)));
    } catch (LinkageError failure) {
      return new Missing(missing(failure));
    }
  }

  /** Whether what has been loaded can be used. */
  static NcclSupport check(NcclRuntime runtime) {
    try {
      int devices = runtime.cuda().deviceCount();
      if (runtime.device() >= devices) {
        return new Missing(
            "no CUDA device %d: the process sees %d (CUDA_VISIBLE_DEVICES=%s)"
                .formatted(runtime.device(), devices, environment("CUDA_VISIBLE_DEVICES")));
      }
      int version = runtime.nccl().version();
      if (version < OLDEST) {
        return new Missing(
            "NCCL %s was found, which is older than %s: install a newer libnccl.so.2 (%s)"
                .formatted(NcclRuntime.words(version), NcclRuntime.words(OLDEST), places()));
      }
      return new Loaded(runtime);
    } catch (NcclException unusable) {
      return new Missing("no CUDA device can be used: " + unusable.getMessage());
    }
  }

  /** The dynamic linker names the library that it lacks, somewhere in the chain of causes. */
  private static String missing(Throwable failure) {
    Pattern lacks = Pattern.compile("(lib[\\w.+-]+?\\.so[.\\d]*): cannot open shared object file");
    String first = String.valueOf(failure.getMessage());
    for (@Nullable Throwable cause = failure; cause != null; cause = cause.getCause()) {
      Matcher named = lacks.matcher(String.valueOf(cause.getMessage()));
      if (named.find()) {
        return missing(named.group(1));
      }
      first = cause.getMessage() == null ? first : cause.getMessage();
    }
    return "NCCL can't be loaded: %s (%s)"
        .formatted(first.lines().findFirst().orElse(""), places());
  }

  /** One line for a library that was not found. */
  static String missing(String library) {
    String remedy =
        library.startsWith("libcuda.")
            ? "install the NVIDIA driver, or give the container a GPU (--gpus)"
            : library.startsWith("libcudart")
                ? "install the CUDA %s runtime or use an image that has it"
                    .formatted(library.replaceAll("\\D+", ""))
                : library.startsWith("libnccl")
                    ? "install NCCL 2 (package libnccl2) or use an image that has it"
                    : "install it or use an image that has it";
    return "%s was not found: %s (%s)".formatted(library, remedy, places());
  }

  private static String places() {
    return "looked in LD_LIBRARY_PATH=%s, java.library.path=%s, /usr/local/cuda/lib64 and the system's library folders"
        .formatted(
            environment("LD_LIBRARY_PATH"),
            Optional.ofNullable(System.getProperty("java.library.path")).orElse(""));
  }

  private static String environment(String name) {
    return Optional.ofNullable(System.getenv(name)).orElse("(not set)");
  }
}
