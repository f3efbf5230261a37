package io.lockstep.tensor;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The devices of this process, by libtorch's number for their kind. */
public final class Devices {

  /** Libtorch's number for the kind of device that computes on host memory. */
  static final int TORCH_CPU = 0;

  /** This process's own memory. */
  public static final Device HOST = new HostDevice();

  private static final Map<Integer, Device> BY_KIND = new ConcurrentHashMap<>(Map.of(0, HOST));

  private Devices() {}

  /** The device on which libtorch's CPU tensors lie. */
  public static Device ofTensors() {
    return ofKind(TORCH_CPU);
  }

  /**
   * The device of libtorch's tensors of a kind.
   *
   * @throws IllegalArgumentException if there is none
   */
  static Device ofKind(int kind) {
    Device device = BY_KIND.get(kind);
    if (device == null) {
      throw new IllegalArgumentException(
          "a tensor lies on a device of libtorch's kind %d, which has no memory here: copy it to the CPU first"
              .formatted(kind));
    }
    return device;
  }

  /** Makes a device the one on which libtorch's tensors of its kind lie. */
  static void register(Device device) {
    BY_KIND.put(device.torchKind(), device);
  }
}
