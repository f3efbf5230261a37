package io.lockstep.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import org.junit.jupiter.api.Test;

class NumericsTest {

  @Test
  void everyThingThatDecidesBitsIsNamed() {
    Torch.start(1);
    Map<String, String> values = Numerics.ofThisProcess();
    assertEquals("1", values.get("threads"));
    for (String name : new String[] {"libtorch", "vector_instructions", "matrix_library"}) {
      assertFalse(values.getOrDefault(name, "").isBlank(), values::toString);
    }
    assertTrue(values.containsKey("processor") && values.containsKey("MKL_CBWR"));
    assertEquals(values, Numerics.ofThisProcess());
  }

  @Test
  void processorsAreOneKindIfTheirMakerAndMatrixInstructionsAre() {
    String small =
        """
        processor\t: 0
        vendor_id\t: GenuineIntel
        cpu MHz\t\t: 2100.1
        flags\t\t: fpu sse4_2 avx2 avx512f fma amx_tile rdrand
        """;
    assertEquals(
        "amd64 GenuineIntel amx_tile avx2 avx512f fma sse4_2", Numerics.describe("amd64", small));
    String again = small.replace("2100.1", "3400.9").replace("rdrand", "rdrand smap");
    assertEquals(Numerics.describe("amd64", small), Numerics.describe("amd64", again));
    assertEquals("aarch64", Numerics.describe("aarch64", "processor : 0"));
  }
}
