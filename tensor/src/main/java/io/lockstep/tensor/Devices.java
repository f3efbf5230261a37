package io.lockstep.tensor;

import ai.djl.engine.EngineException;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.StringJoiner;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/** The devices of this process, by libtorch's number for their kind. */
public final class Devices {

  /** Libtorch's number for the kind of device that computes on host memory. */
  static final int TORCH_CPU = 0;

  /** Libtorch's number for CUDA devices. */
  static final int TORCH_CUDA = 1;

  /** This process's own memory. */
  public static final Device HOST = new HostDevice();

  private static final Map<Integer, Device> BY_KIND = new ConcurrentHashMap<>(Map.of(0, HOST));

  private static volatile int kindOfTensors = TORCH_CPU;

  private static volatile SortedMap<String, String> versions = onCpu();

  private Devices() {}

  /** The device on which tensors come into being. */
  public static Device ofTensors() {
    return ofKind(kindOfTensors);
  }

  /**
   * Makes a device the one on which tensors come into being, once for a process and after libtorch
   * has been started. On a CUDA device operators take kernels that give the same bits each time,
   * and float32 is computed in full.
   *
   * @throws DeviceException if the device, its driver or a libtorch for it is missing
   */
  public static synchronized Device select(DeviceName name) {
    Torch.requireStarted();
    if (!name.cuda()) {
      register(HOST);
      versions = onCpu();
      return HOST;
    }
    DeviceChoice.Chosen chosen = new DeviceChoice(LibCuda::load).choose(name.ordinal());
    requireComputes(chosen.device());
    register(chosen.device());
    versions = chosen.versions();
    return chosen.device();
  }

  /**
   * The CUDA devices that this process sees, for people: name, memory, compute capability. Needs
   * the driver alone.
   *
   * @throws DeviceException if there is no driver
   */
  public static List<String> visibleCudaDevices() {
    return new DeviceChoice(LibCuda::load).described();
  }

  /**
   * How much memory of a CUDA device no process has taken.
   *
   * @throws DeviceException if there is no driver or device
   */
  public static LongSupplier freeCudaBytes(int ordinal) {
    return LibCuda.load().context(ordinal)::freeBytes;
  }

  /** Whether the environment names a libtorch for CUDA devices (PYTORCH_LIBRARY_PATH). */
  public static boolean namesCudaLibtorch() {
    return CudaLibtorch.isNamed(System.getenv());
  }

  /** What this process computes on, with the versions that decide its results; for people. */
  public static String describe() {
    SortedMap<String, String> all = versions;
    StringJoiner words = new StringJoiner(", ", ofTensors() + ": ", "");
    all.forEach((name, value) -> words.add(name.replace('_', ' ') + " " + value));
    return words.toString();
  }

  /**
   * Whether matrix products and convolutions of float32 may round their factors to TF32 (10 bits of
   * mantissa), on devices that have instructions for it: not unless it is asked for.
   */
  public static void allowTf32(boolean allow) {
    Torch.requireStarted();
    TorchContext.allowTf32(allow);
  }

  /** What decides the bits of this process's results besides libtorch and the processor. */
  static SortedMap<String, String> versions() {
    return versions;
  }

  private static SortedMap<String, String> onCpu() {
    return new TreeMap<>(Map.of("device", "cpu"));
  }

  /** A sum on the device, so that what is wrong with it shows before anything is loaded. */
  static void requireComputes(Device device) {
    try (Blob blob = Blob.empty(device, Dtype.FLOAT32, 2)) {
      Buffer there = blob.buffer(device, Dtype.FLOAT32, 2);
      there.zero();
      device.kernels().add(there, there);
      float[] sum = there.toHost().floats().toArray();
      if (sum[0] != 0 || sum[1] != 0) {
        throw new DeviceException("%s computes 0 + 0 = %s".formatted(device, sum[0]));
      }
    } catch (TorchException | EngineException e) {
      throw new DeviceException(
          "libtorch can't compute on %s (%s): does its build know the device, and the driver its CUDA? libtorch has printed the reason to standard error"
              .formatted(device, String.valueOf(e.getMessage()).lines().findFirst().orElse("")),
          e);
    }
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

  /** Makes a device the one on which libtorch's tensors of its kind lie, as all new ones do. */
  static void register(Device device) {
    BY_KIND.put(device.torchKind(), device);
    kindOfTensors = device.torchKind();
  }
}
