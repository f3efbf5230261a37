package io.lockstep.cli.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.lockstep.cli.console.UserError;
import io.lockstep.data.score.DenseScore;
import io.lockstep.data.score.MatchCounts;
import io.lockstep.model.budget.TokenBudget;
import io.lockstep.model.generate.EmptyGeneration;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SweepFilesTest {

  private static final List<Score> SCORES =
      List.of(
          new Score(1.0, 8, 16, summaries(6, 2, 0), List.of(), 0.96, 50e6, 5e6, 45e6, 0.01),
          new Score(0.5, 8, 8, summaries(4, 3, 1), nothing(1), 0.9, 50e6, 5e6, 30e6, 0.008),
          new Score(0.25, 8, 4, summaries(0, 0, 8), nothing(8), 0.5, 50e6, 5e6, 20e6, 0.004));

  private static Outcomes summaries(long right, long cut, long empty) {
    return new Outcomes(
        Map.of(
            AnswerKind.SUMMARY,
            Map.of(Verdict.RIGHT, right, Verdict.CUT, cut, Verdict.EMPTY, empty)),
        right,
        DenseScore.NONE);
  }

  private static List<EmptyGeneration> nothing(int count) {
    return Collections.nCopies(count, new EmptyGeneration("f:1", 20, 0, 2, "<|im_end|>", 0.75));
  }

  @Test
  void allFilesHoldTheSameTable(@TempDir Path folder) throws IOException {
    Path out = folder.resolve("new");
    SweepFiles.write(out, SCORES);
    JsonNode rows = new ObjectMapper().readTree(out.resolve("token-budget.json").toFile());
    assertEquals(3, rows.size());
    assertEquals(0.75, rows.get(0).get("summary_exact_match").doubleValue());
    assertEquals(85e6, rows.get(1).get("flops").doubleValue());
    assertEquals(1, rows.get(1).get("no_answer").intValue());
    assertTrue(rows.get(2).get("summary_exact_match").isNull());
    List<String> csv = Files.readAllLines(out.resolve("token-budget.csv"));
    assertTrue(csv.getFirst().startsWith("token_budget,vision_tokens,summary_exact_match"));
    assertEquals("0.5,8,0.5,1,3,0,0,0.9,50000000,5000000,30000000,85000000,0.008", csv.get(2));
    assertEquals("0.25,4,,8,0,0,0,0.5,50000000,5000000,20000000,75000000,0.004", csv.get(3));
    String markdown = Files.readString(out.resolve("token-budget.md"));
    assertTrue(
        markdown.contains("| 0.5000 | 8.0 | 0.5000 | 1 | 3 | 0 | 0 | 0.9000 | 50.0 |"), markdown);
    assertTrue(markdown.contains("| 0.2500 | 4.0 | - | 8 |"), markdown);
    BufferedImage plot = ImageIO.read(out.resolve("token-budget.png").toFile());
    assertTrue(plot.getWidth() >= 600);
  }

  @Test
  void denseAnswersHaveColumnsOfTheirOwn() {
    MatchCounts boxes = new MatchCounts(4, 2, 2, 1, 1, 1.5);
    Outcomes outcomes =
        new Outcomes(
            Map.of(AnswerKind.DENSE, Map.of(Verdict.WRONG, 1L)),
            0,
            new DenseScore(boxes, MatchCounts.NONE, MatchCounts.NONE));
    String csv =
        SweepFiles.csv(List.of(new Score(1.0, 1, 16, outcomes, List.of(), 0.5, 1, 1, 1, 1)));
    assertTrue(
        csv.startsWith(
            "token_budget,vision_tokens,dense_right,dense_mean_iou,dense_f1,dense_caption_match,"),
        csv);
    assertTrue(csv.contains("\n1,16,0,0.75,0.3333333333333333,0.5,0,0,0,0,0.5,"), csv);
  }

  @Test
  void operationsAreShownInAUnitThatFits() {
    Score large = new Score(1.0, 1, 4000, summaries(1, 0, 0), List.of(), 1, 6e12, 1e12, 2e12, 3);
    List<List<String>> table = SweepFiles.table(List.of(large));
    assertTrue(table.getFirst().contains("all TFLOP"), table.toString());
    assertTrue(table.getLast().contains("9.0"), table.toString());
    assertTrue(SweepFiles.table(SCORES).getFirst().contains("all MFLOP"));
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
