package io.lockstep.cli.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.lockstep.cli.console.UserError;
import io.lockstep.model.budget.TokenBudget;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SweepFilesTest {

  private static final List<Score> SCORES =
      List.of(
          new Score(1.0, 8, 16, 6, 0.96, 50e6, 5e6, 45e6, 0.01),
          new Score(0.5, 8, 8, 4, 0.9, 50e6, 5e6, 30e6, 0.008));

  @Test
  void allFilesHoldTheSameTable(@TempDir Path folder) throws IOException {
    Path out = folder.resolve("new");
    SweepFiles.write(out, SCORES);
    JsonNode rows = new ObjectMapper().readTree(out.resolve("token-budget.json").toFile());
    assertEquals(2, rows.size());
    assertEquals(0.75, rows.get(0).get("summary_exact_match").doubleValue());
    assertEquals(85e6, rows.get(1).get("flops").doubleValue());
    List<String> csv = Files.readAllLines(out.resolve("token-budget.csv"));
    assertTrue(csv.getFirst().startsWith("token_budget,vision_tokens,summary_exact_match"));
    assertEquals("0.5,8.0,0.5,0.9,5.0E7,5000000.0,3.0E7,8.5E7,0.008", csv.get(2));
    String markdown = Files.readString(out.resolve("token-budget.md"));
    assertTrue(markdown.contains("| 0.5000 | 8.0 | 0.5000 | 0.9000 |"), markdown);
    BufferedImage plot = ImageIO.read(out.resolve("token-budget.png").toFile());
    assertTrue(plot.getWidth() >= 600);
  }

  @Test
  void aSweepNeedsTwoDifferentBudgets() {
    TokenBudget half = new TokenBudget(0.5);
    assertThrows(UserError.class, () -> new BudgetSweep(List.of(half)));
    assertThrows(UserError.class, () -> new BudgetSweep(List.of(half, half)));
    assertEquals(
        List.of(TokenBudget.ALL, half), new BudgetSweep(List.of(half, TokenBudget.ALL)).budgets());
  }
}
