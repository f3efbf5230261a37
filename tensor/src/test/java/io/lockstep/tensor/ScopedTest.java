package io.lockstep.tensor;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** A test whose tensors live in a scope of its own. */
abstract class ScopedTest {

  protected Scope scope;

  @BeforeEach
  void openScope() {
    Torch.start(1);
    scope = Scope.open();
  }

  @AfterEach
  void closeScope() {
    scope.close();
  }
}
