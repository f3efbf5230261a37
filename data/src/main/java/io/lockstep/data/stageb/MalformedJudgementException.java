package io.lockstep.data.stageb;

/** An answer that is not a judgement; the message says what is wrong with it and quotes it. */
public final class MalformedJudgementException extends Exception {

  private static final int QUOTED = 120;

  MalformedJudgementException(String problem, String answer) {
    super(problem + "; the answer was: " + quote(answer));
  }

  private static String quote(String answer) {
    String line = answer.replace("\r", "\\r").replace("\n", "\\n");
    if (line.codePointCount(0, line.length()) <= QUOTED) {
      return "\"" + line + "\"";
    }
    return "\"" + line.substring(0, line.offsetByCodePoints(0, QUOTED)) + "...\"";
  }
}
