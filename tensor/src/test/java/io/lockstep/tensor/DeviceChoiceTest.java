package io.lockstep.tensor;

import static io.lockstep.tensor.Tensors.assertMentions;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DeviceChoiceTest {

  /** What libtorch says of a build for CUDA. */
  private static final String SETTINGS =
      """
      PyTorch built with:
        - GCC 11.2
        - CUDA Runtime 12.8
        - NVCC architecture flags: -gencode;arch=compute_90,code=sm_90
        - CuDNN 90.7.1
        - Build settings: BUILD_TYPE=Release, CUDA_VERSION=12.8, TORCH_VERSION=2.7.1,
      """;

  @BeforeAll
  static void startTorch() {
    Torch.start(1);
  }

  @Test
  void namesAreRead() {
    assertEquals(DeviceName.CPU, DeviceName.parse("cpu"));
    assertEquals(new DeviceName(true, 0), DeviceName.parse("cuda"));
    assertEquals(new DeviceName(true, 12), DeviceName.parse("cuda:12"));
    assertEquals("cuda:12", DeviceName.parse("cuda:12").toString());
    for (String name : new String[] {"", "gpu", "cuda:", "cuda:-1", "cuda:x", "CPU", "cpu:0"}) {
      Exception e = assertThrows(IllegalArgumentException.class, () -> DeviceName.parse(name));
      assertMentions("'%s' is no device".formatted(name), e);
    }
  }

  @Test
  void aDeviceThatIsNotThereIsNamedWithThoseThatAre() {
    for (Map.Entry<Integer, String> seen :
        Map.of(0, "sees none", 1, "sees cuda:0 alone", 4, "sees cuda:0 to cuda:3").entrySet()) {
      DeviceChoice choice = new DeviceChoice(() -> new Driver(seen.getKey()));
      assertEquals(seen.getKey(), choice.described().size());
      Exception e = assertThrows(DeviceException.class, () -> choice.choose(4));
      assertMentions("no device cuda:4: the process " + seen.getValue(), e);
      assertMentions("CUDA_VISIBLE_DEVICES=", e);
    }
  }

  @Test
  void aLibtorchForCpusIsNamedWithWhatChoosesAnother() {
    DeviceChoice choice = new DeviceChoice(() -> new Driver(1));
    Exception e = assertThrows(DeviceException.class, () -> choice.choose(0));
    assertMentions("is a build for CPUs", e);
    assertMentions("PYTORCH_LIBRARY_PATH", e);
    e = assertThrows(DeviceException.class, () -> CudaLibtorch.require(Path.of("/none"), "2.7.1"));
    assertMentions("libtorch 2.7.1 in /none is a build", e);
  }

  /** Without a driver, or with one and the libtorch for CPUs that tests have. */
  @Test
  void whatIsMissingIsSaidInOneLineAndTensorsStayWhereTheyWere() {
    Exception e =
        assertThrows(DeviceException.class, () -> Devices.select(DeviceName.parse("cuda:0")));
    assertEquals(1, String.valueOf(e.getMessage()).lines().count());
    assertSame(Devices.HOST, Devices.ofTensors());
    assertSame(Devices.HOST, Devices.select(DeviceName.CPU));
    assertEquals("cpu", Numerics.ofThisProcess().get("device"));
  }

  @Test
  void aDeviceThatDoesNotComputeIsRefused() {
    CudaDevice device = new CudaDevice(0, new Driver(1).context(0));
    Exception e = assertThrows(DeviceException.class, () -> Devices.requireComputes(device));
    assertMentions("libtorch can't compute on cuda:0", e);
    assertEquals(1, String.valueOf(e.getMessage()).lines().count());
  }

  @Test
  void devicesAreDescribed() {
    assertEquals(
        "cuda:1 Model X, 1.0 GiB, compute capability 9.0, driver for CUDA 13.0",
        new DeviceChoice(() -> new Driver(2)).described().getLast());
    var _ = Devices.select(DeviceName.CPU);
    assertEquals("host: device cpu", Devices.describe());
  }

  @Test
  void aLibtorchForCudaIsKnownByItsFile(@TempDir Path folder) throws Exception {
    Map<String, String> named = Map.of("PYTORCH_LIBRARY_PATH", folder.toString());
    assertFalse(CudaLibtorch.isNamed(Map.of()));
    assertFalse(CudaLibtorch.isNamed(named));
    Files.createFile(folder.resolve("libtorch_cuda.so"));
    assertTrue(CudaLibtorch.isNamed(named));
    CudaLibtorch.require(folder, "2.7.1");
  }

  @Test
  void versionsThatDecideBitsAreNamed() {
    assertEquals(
        Map.of(
            "device", "Model X",
            "compute_capability", "9.0",
            "cuda_driver", "13.0",
            "cuda_runtime", "12.8",
            "cudnn", "90.7.1"),
        DeviceChoice.versions(new Driver(2), 1, SETTINGS));
    assertEquals("unknown", CudaLibtorch.runtime(Native.buildSettings()));
  }

  @Test
  void settingsOfLibtorchAreSetAndRead() {
    TorchContext.allowTf32(true);
    assertTrue(TorchContext.allowsTf32());
    TorchContext.allowTf32(false);
    assertFalse(TorchContext.allowsTf32());
    try {
      TorchContext.requireSameBits();
      assertTrue(TorchContext.requiresSameBits());
    } finally {
      TorchContext.forgetSameBits();
    }
    assertFalse(TorchContext.requiresSameBits());
  }

  /** A driver that sees some devices. */
  private record Driver(int devices) implements CudaDriver {

    @Override
    public String version() {
      return "13.0";
    }

    @Override
    public Description describe(int device) {
      return new Description("Model X", "9.0", 1L << 30);
    }

    @Override
    public Context context(int device) {
      return new Context() {
        @Override
        public void enter() {}

        @Override
        public long freeBytes() {
          return 1L << 30;
        }

        @Override
        public Optional<VirtualMemory> virtualMemory(LongSupplier stream) {
          return Optional.empty();
        }
      };
    }
  }
}
