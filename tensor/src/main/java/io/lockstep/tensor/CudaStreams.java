package io.lockstep.tensor;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import ai.djl.pytorch.jni.LibUtils;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Libtorch's streams of CUDA devices, as far as this libtorch has such devices. */
final class CudaStreams {

  private static final String FUNCTION = "aoti_torch_get_current_cuda_stream";
  private static final Optional<MethodHandle> CURRENT = bind();

  private CudaStreams() {}

  private static Optional<MethodHandle> bind() {
    Path file = Path.of(LibUtils.getLibtorchPath()).resolve(System.mapLibraryName("torch_cuda"));
    return Files.exists(file)
        ? SymbolLookup.libraryLookup(file, Arena.global())
            .find(FUNCTION)
            .map(address ->
                Linker.nativeLinker()
                    .downcallHandle(address, FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS)))
        : Optional.empty();
  }

  /** See {@link Torch#currentCudaStream}. */
  static long current(int device) {
    if (CURRENT.isEmpty()) {
      return 0;
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment cell = arena.allocate(JAVA_LONG);
      if ((int) CURRENT.get().invokeExact(device, cell) != 0) {
        throw new TorchException(FUNCTION + " failed for device " + device);
      }
      return cell.get(JAVA_LONG, 0);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(FUNCTION, e);
    }
  }
}
