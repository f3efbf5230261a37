package io.lockstep.data.stageb;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JudgementTest {

  @Test
  void twoLinesAreAJudgement() throws MalformedJudgementException {
    assertEquals(
        new Judgement(Verdict.PASS, "各图均符合要求"), Judgement.parse("Verdict: 通过\nReason: 各图均符合要求"));
    assertEquals(
        new Judgement(Verdict.FAIL, "Image2: 螺丝/松动"),
        Judgement.parse("Verdict: 不通过\nReason: Image2: 螺丝/松动"));
  }

  @Test
  void whatIsWrittenIsReadBack() throws MalformedJudgementException {
    Judgement judgement = new Judgement(Verdict.FAIL, "Image1: 光纤/损坏");
    assertEquals(judgement, Judgement.parse(judgement.text()));
  }

  @ParameterizedTest
  @CsvSource(
      textBlock =
          """
          '',                                              2 lines
          Verdict: 通过,                                    2 lines
          Verdict: 通过|Reason: 好|,                         2 lines
          Verdict: 通过|Reason: 好|Reason: 再好,              2 lines
          通过|Reason: 好,                                   line 1
          Verdict:通过|Reason: 好,                           line 1
          'Verdict: 通过 |Reason: 好',                         line 1
          verdict: 通过|Reason: 好,                          line 1
          Verdict: 需复核|Reason: 好,                         third state
          Verdict: 通过|Reason: 证据不足,                      third state
          Verdict: 不通过|Reason: Need-Review,               third state
          Verdict: 通过|Reason: 待定,                        third state
          Verdict: 通过|理由: 好,                             line 2
          'Verdict: 通过|Reason: ',                         empty
          Verdict: 通过|Reason:  好,                         blanks
          """)
  void anythingElseSaysWhatIsWrong(String answer, String problem) {
    MalformedJudgementException error =
        assertThrows(
            MalformedJudgementException.class, () -> Judgement.parse(answer.replace('|', '\n')));
    assertTrue(String.valueOf(error.getMessage()).contains(problem), error.getMessage());
  }

  @Test
  void noJudgementCanBeMadeThatWouldNotBeReadBack() {
    assertThrows(IllegalArgumentException.class, () -> new Judgement(Verdict.PASS, " "));
    assertThrows(IllegalArgumentException.class, () -> new Judgement(Verdict.PASS, "好\n好"));
    assertThrows(IllegalArgumentException.class, () -> new Judgement(Verdict.PASS, "待定"));
  }
}
