package io.lockstep.cli.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.cli.console.UsageError;
import io.lockstep.cli.console.UserError;
import io.lockstep.cli.train.ClusterDevices.Asked;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

class ClusterDevicesTest {

  private static List<String> two() {
    return List.of("cuda:0 X", "cuda:1 X");
  }

  private static List<String> noDriver() {
    throw new UserError("no NVIDIA driver");
  }

  @Test
  void oneWorkerPerDeviceUnlessFewerAreAskedFor() {
    for (Asked asked : List.of(Asked.AUTO, Asked.CUDA)) {
      assertEquals(
          new ClusterDevices(true, 2, List.of("device: cuda:0 X", "device: cuda:1 X")),
          ClusterDevices.choose(asked, Optional.empty(), true, ClusterDevicesTest::two));
      assertEquals(
          new ClusterDevices(true, 1, List.of("device: cuda:0 X")),
          ClusterDevices.choose(asked, Optional.of(1), true, ClusterDevicesTest::two));
      Exception e =
          assertThrows(
              UsageError.class,
              () -> ClusterDevices.choose(asked, Optional.of(3), true, ClusterDevicesTest::two));
      assertMentions("--workers 3 is more than the 2 CUDA devices", e);
    }
  }

  @Test
  void theCpuTakesAnyNumberThatIsGiven() {
    assertEquals(
        new ClusterDevices(false, 3, List.of()),
        ClusterDevices.choose(Asked.CPU, Optional.of(3), true, ClusterDevicesTest::two));
    assertEquals(
        new ClusterDevices(false, 3, List.of()),
        ClusterDevices.choose(Asked.AUTO, Optional.of(3), false, ClusterDevicesTest::two));
    Exception e =
        assertThrows(
            UsageError.class,
            () ->
                ClusterDevices.choose(Asked.CPU, Optional.empty(), true, ClusterDevicesTest::two));
    assertMentions("--workers N is missing", e);
  }

  @Test
  void autoSaysWhyALibtorchForCudaIsNotUsed() {
    assertEquals(
        new ClusterDevices(false, 1, List.of("device: cpu (no NVIDIA driver)")),
        ClusterDevices.choose(Asked.AUTO, Optional.of(1), true, ClusterDevicesTest::noDriver));
    assertEquals(
        new ClusterDevices(false, 1, List.of("device: cpu (the process sees no CUDA device)")),
        ClusterDevices.choose(Asked.AUTO, Optional.of(1), true, List::of));
  }

  @Test
  void devicesThatAreAskedForAndNotThereAreAnError() {
    assertMentions("no NVIDIA driver", refused(true, ClusterDevicesTest::noDriver));
    assertMentions("sees no CUDA device", refused(true, List::of));
    assertMentions("PYTORCH_FLAVOR=cu128", refused(false, ClusterDevicesTest::two));
  }

  private static Exception refused(boolean libtorchForCuda, Supplier<List<String>> devices) {
    return assertThrows(
        UserError.class,
        () -> ClusterDevices.choose(Asked.CUDA, Optional.of(1), libtorchForCuda, devices));
  }

  private static void assertMentions(String text, Exception e) {
    assertTrue(String.valueOf(e.getMessage()).contains(text), e.getMessage());
  }
}
