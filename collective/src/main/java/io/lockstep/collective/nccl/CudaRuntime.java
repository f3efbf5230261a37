package io.lockstep.collective.nccl;

/**
 * The functions of the CUDA runtime that {@link NcclCollective} calls. Streams and events are the
 * runtime's own handles; stream 0 is the default one. Every function but {@link #deviceCount}
 * throws {@link NcclException} if CUDA answers an error.
 */
public interface CudaRuntime {

  /**
   * Number of devices that this process sees (cudaGetDeviceCount).
   *
   * @throws NcclException if there is no driver, it is too old, or there is no device
   */
  int deviceCount();

  /** Makes a device that of the calling thread (cudaSetDevice). */
  void useDevice(int device);

  /** A stream that does not wait for the default one (cudaStreamCreateWithFlags). */
  long createStream();

  /** Frees a stream. */
  void destroyStream(long stream);

  /** Whether everything that was queued on a stream is done (cudaStreamQuery). */
  boolean isIdle(long stream);

  /** An event without a time (cudaEventCreateWithFlags). */
  long createEvent();

  /** Frees an event. */
  void destroyEvent(long event);

  /** The event happens once what is queued on a stream now is done (cudaEventRecord). */
  void record(long event, long stream);

  /** Whether what was recorded last has happened, or nothing was (cudaEventQuery). */
  boolean hasHappened(long event);

  /** What is queued on a stream from now on waits for an event (cudaStreamWaitEvent). */
  void await(long stream, long event);

  /** New device memory (cudaMalloc). */
  long allocate(long bytes);

  /** Frees device memory. */
  void free(long address);

  /** New host memory that the device reaches (cudaMallocHost). */
  long allocatePinned(long bytes);

  /** Frees such host memory. */
  void freePinned(long address);

  /** Queues a copy out of pinned host memory (cudaMemcpyAsync). */
  void copyToDevice(long device, long pinned, long bytes, long stream);

  /** Queues a copy into pinned host memory (cudaMemcpyAsync). */
  void copyToHost(long pinned, long device, long bytes, long stream);
}
