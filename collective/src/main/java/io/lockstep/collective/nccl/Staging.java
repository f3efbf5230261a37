package io.lockstep.collective.nccl;

/**
 * Memory through which messages pass that don't lie on the device: pinned host memory and as much
 * device memory. It grows to what the largest exchange needs and is used again by the next.
 */
final class Staging {

  /** NCCL and the copies of the device are fastest from multiples of this. */
  private static final long ALIGNMENT = 256;

  private final CudaRuntime cuda;
  private long pinned;
  private long pinnedBytes;
  private long pinnedTaken;
  private long device;
  private long deviceBytes;
  private long deviceTaken;

  Staging(CudaRuntime cuda) {
    this.cuda = cuda;
  }

  /** The bytes that an area takes. */
  static long room(long bytes) {
    return Math.ceilDiv(bytes, ALIGNMENT) * ALIGNMENT;
  }

  /** Makes room for areas of an exchange; those of the one before are void. */
  void reserve(long pinnedRoom, long deviceRoom) {
    pinnedTaken = 0;
    deviceTaken = 0;
    if (pinnedRoom > pinnedBytes) {
      freePinned();
      pinned = cuda.allocatePinned(pinnedRoom);
      pinnedBytes = pinnedRoom;
    }
    if (deviceRoom > deviceBytes) {
      freeDevice();
      device = cuda.allocate(deviceRoom);
      deviceBytes = deviceRoom;
    }
  }

  /** Address of the next area of pinned host memory. */
  long takePinned(long bytes) {
    long address = pinned + pinnedTaken;
    pinnedTaken += room(bytes);
    return address;
  }

  /** Address of the next area of device memory. */
  long takeDevice(long bytes) {
    long address = device + deviceTaken;
    deviceTaken += room(bytes);
    return address;
  }

  private void freePinned() {
    if (pinnedBytes > 0) {
      pinnedBytes = 0;
      cuda.freePinned(pinned);
    }
  }

  private void freeDevice() {
    if (deviceBytes > 0) {
      deviceBytes = 0;
      cuda.free(device);
    }
  }

  /** Frees all; nothing uses it any more. */
  void free() {
    freePinned();
    freeDevice();
  }
}
