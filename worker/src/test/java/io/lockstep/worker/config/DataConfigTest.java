package io.lockstep.worker.config;

import java.util.List;
import org.junit.jupiter.api.Test;

/** The section {@code data} of a recipe. */
class DataConfigTest extends RecipeFixture {

  @Test
  void aPatchBankWithoutRoomIsRefused() {
    for (String room : List.of("0", "1048577")) {
      assertProblem(
          problems(FULL.replace("patch_bank_mib: 96", "patch_bank_mib: " + room)),
          "data.patch_bank_mib must be between 1 and 1048576, not " + room);
    }
  }
}
