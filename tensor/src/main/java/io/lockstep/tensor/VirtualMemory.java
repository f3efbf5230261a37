package io.lockstep.tensor;

/**
 * Addresses of a device and the memory behind them, apart from each other: what the NVIDIA driver
 * calls virtual memory management. All sizes are multiples of {@link #granuleBytes}. Every function
 * throws {@link DeviceException} if the driver answers an error.
 */
interface VirtualMemory {

  /** The smallest piece of memory that can be placed, in bytes. */
  long granuleBytes();

  /** Reserves addresses that have no memory yet: touching them ends the process. */
  long reserve(long bytes);

  /** Gives addresses back that have no memory any more. */
  void unreserve(long address, long bytes);

  /** Takes a granule of the device's memory; nothing is said of its contents. */
  long create();

  /** Gives a granule back to the device. */
  void release(long granule);

  /** Places a granule at an address. */
  void map(long address, long granule);

  /** Lets kernels read and write what was placed there. */
  void allow(long address, long bytes);

  /** Takes the granule away from an address; whoever used it has to be done. */
  void unmap(long address);

  /** Waits for all that the calling thread has queued on the device. */
  void settle();
}
