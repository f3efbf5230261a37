package io.lockstep.cli.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class DeviceSuiteTest {

  @Test
  void lossesMayDifferByAThousandth() {
    assertTrue(DeviceSuite.beside(List.of(4.0, 2.0), List.of(4.003, 1.999)).ok());
    assertFalse(DeviceSuite.beside(List.of(4.0, 2.0), List.of(4.0, 2.003)).ok());
  }

  @Test
  void lossesThatAreMissingOrNoNumbersFail() {
    assertFalse(DeviceSuite.beside(List.of(), List.of()).ok());
    assertFalse(DeviceSuite.beside(List.of(4.0, 2.0), List.of(4.0)).ok());
    assertFalse(DeviceSuite.beside(List.of(4.0, 2.0), List.of(4.0, Double.NaN)).ok());
  }

  @Test
  void failuresAreOneLine() {
    assertEquals("first", DeviceSuite.line(new IllegalStateException("first\nsecond")));
    assertEquals("java.lang.IllegalStateException", DeviceSuite.line(new IllegalStateException()));
  }
}
