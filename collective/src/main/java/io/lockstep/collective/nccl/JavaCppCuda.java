package io.lockstep.collective.nccl;

import org.bytedeco.cuda.cudart.CUevent_st;
import org.bytedeco.cuda.cudart.CUstream_st;
import org.bytedeco.cuda.global.cudart;
import org.bytedeco.javacpp.Pointer;

/**
 * The CUDA runtime through JavaCPP's preset. Loading this class loads the runtime and the driver.
 */
final class JavaCppCuda implements CudaRuntime {

  /** Memory or a handle at an address. */
  static final class At extends Pointer {
    At(long at) {
      address = at;
    }
  }

  private static void check(int error, String function) {
    if (error != cudart.cudaSuccess) {
      throw new NcclException(
          "%s answered %d: %s"
              .formatted(function, error, cudart.cudaGetErrorString(error).getString()));
    }
  }

  /** Whether a query says that what it asks for is done. */
  private static boolean isDone(int error, String function) {
    if (error == cudart.cudaErrorNotReady) {
      return false;
    }
    check(error, function);
    return true;
  }

  static CUstream_st stream(long handle) {
    return new CUstream_st(new At(handle));
  }

  private static CUevent_st event(long handle) {
    return new CUevent_st(new At(handle));
  }

  @Override
  public int deviceCount() {
    int[] count = new int[1];
    check(cudart.cudaGetDeviceCount(count), "cudaGetDeviceCount");
    return count[0];
  }

  @Override
  public void useDevice(int device) {
    check(cudart.cudaSetDevice(device), "cudaSetDevice(" + device + ")");
  }

  @Override
  public long createStream() {
    CUstream_st made = new CUstream_st();
    check(
        cudart.cudaStreamCreateWithFlags(made, cudart.cudaStreamNonBlocking),
        "cudaStreamCreateWithFlags");
    return made.address();
  }

  @Override
  public void destroyStream(long stream) {
    check(cudart.cudaStreamDestroy(stream(stream)), "cudaStreamDestroy");
  }

  @Override
  public boolean isIdle(long stream) {
    return isDone(cudart.cudaStreamQuery(stream(stream)), "cudaStreamQuery");
  }

  @Override
  public long createEvent() {
    CUevent_st made = new CUevent_st();
    check(
        cudart.cudaEventCreateWithFlags(made, cudart.cudaEventDisableTiming),
        "cudaEventCreateWithFlags");
    return made.address();
  }

  @Override
  public void destroyEvent(long event) {
    check(cudart.cudaEventDestroy(event(event)), "cudaEventDestroy");
  }

  @Override
  public void record(long event, long stream) {
    check(cudart.cudaEventRecord(event(event), stream(stream)), "cudaEventRecord");
  }

  @Override
  public boolean hasHappened(long event) {
    return isDone(cudart.cudaEventQuery(event(event)), "cudaEventQuery");
  }

  @Override
  public void await(long stream, long event) {
    check(cudart.cudaStreamWaitEvent(stream(stream), event(event), 0), "cudaStreamWaitEvent");
  }

  @Override
  public long allocate(long bytes) {
    Pointer made = new Pointer();
    check(cudart.cudaMalloc(made, bytes), "cudaMalloc of " + bytes + " bytes");
    return made.address();
  }

  @Override
  public void free(long address) {
    check(cudart.cudaFree(new At(address)), "cudaFree");
  }

  @Override
  public long allocatePinned(long bytes) {
    Pointer made = new Pointer();
    check(cudart.cudaMallocHost(made, bytes), "cudaMallocHost of " + bytes + " bytes");
    return made.address();
  }

  @Override
  public void freePinned(long address) {
    check(cudart.cudaFreeHost(new At(address)), "cudaFreeHost");
  }

  @Override
  public void copyToDevice(long device, long pinned, long bytes, long stream) {
    copy(device, pinned, bytes, cudart.cudaMemcpyHostToDevice, stream);
  }

  @Override
  public void copyToHost(long pinned, long device, long bytes, long stream) {
    copy(pinned, device, bytes, cudart.cudaMemcpyDeviceToHost, stream);
  }

  private static void copy(long into, long from, long bytes, int kind, long stream) {
    check(
        cudart.cudaMemcpyAsync(new At(into), new At(from), bytes, kind, stream(stream)),
        "cudaMemcpyAsync of " + bytes + " bytes");
  }
}
