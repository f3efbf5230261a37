package io.lockstep.worker.zero;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.tensor.Buffer;
import io.lockstep.tensor.Dtype;
import java.lang.foreign.Arena;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PassTableTest {

  private static final PassTable UNEVEN =
      new PassTable(List.of(List.of(true), List.of(true, false), List.of(), List.of(false)));

  @Test
  void aLogLineSaysItInWords() {
    assertEquals("P PT  T", UNEVEN.text());
    assertEquals(UNEVEN, PassTable.parse("P PT  T"));
    assertEquals("P P PP", PassTable.even(4, 3, 1).text());
    assertEquals(PassTable.UNKNOWN, PassTable.parse(PassTable.UNKNOWN.text()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"p", "P,T", "P\n"})
  void anotherTextIsRefused(String text) {
    String message =
        String.valueOf(
            assertThrows(IllegalArgumentException.class, () -> PassTable.parse(text)).getMessage());
    assertTrue(message.contains("is not a list of passes"), message);
  }

  @Test
  void ranksTellEachOtherInBytes() {
    try (Arena arena = Arena.ofConfined()) {
      Buffer[] parts = new Buffer[UNEVEN.pictures().size()];
      for (int rank = 0; rank < parts.length; rank++) {
        parts[rank] = Buffer.onHost(arena, Dtype.UINT8, 3);
        parts[rank].hostBytes().fill((byte) 7);
        PassTable.write(UNEVEN.pictures().get(rank), parts[rank]);
      }
      assertEquals(UNEVEN, PassTable.read(parts));
    }
  }
}
