package io.lockstep.worker.completion;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import io.lockstep.data.plan.SampleRef;
import io.lockstep.worker.completion.AnswerPlan.Author;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Who answers which sample. */
class AnswerPlanTest {

  private static final int PLACES = 4000;

  private static AnswerPlan plan(double lmbda, boolean seqKd) {
    return new AnswerPlan(7, lmbda, seqKd, 0.9, 32);
  }

  private static long count(AnswerPlan plan, long epoch, Author author) {
    return LongStream.range(0, PLACES)
        .filter(place -> plan.author(new SampleRef(epoch, place, 3)) == author)
        .count();
  }

  @Test
  void theStudentAnswersItsShareAndTheOthersAreTheTeachersOrTheRecords() {
    assertEquals(0.3, (double) count(plan(0.3, true), 0, Author.STUDENT) / PLACES, 0.03);
    assertEquals(0.7, (double) count(plan(0.3, true), 0, Author.TEACHER) / PLACES, 0.03);
    assertEquals(0.7, (double) count(plan(0.3, false), 0, Author.RECORD) / PLACES, 0.03);
    assertEquals(PLACES, count(plan(1, true), 0, Author.STUDENT));
    assertEquals(PLACES, count(plan(0, true), 0, Author.TEACHER));
    assertEquals(PLACES, count(plan(0, false), 0, Author.RECORD));
  }

  @Test
  void anotherEpochAnotherPlaceAndAnotherSeedAreDrawnAnew() {
    AnswerPlan plan = plan(0.5, false);
    long same =
        LongStream.range(0, PLACES)
            .filter(place ->
                plan.author(new SampleRef(0, place, 1)) == plan.author(new SampleRef(1, place, 1)))
            .count();
    assertEquals(0.5, (double) same / PLACES, 0.03);
    long seed = plan.decoding(new SampleRef(0, 1, 5), 100).seed();
    assertEquals(seed, plan.decoding(new SampleRef(0, 1, 6), 100).seed());
    assertNotEquals(seed, plan.decoding(new SampleRef(1, 1, 5), 100).seed());
    assertNotEquals(seed, plan.decoding(new SampleRef(0, 2, 5), 100).seed());
    assertNotEquals(
        seed, new AnswerPlan(8, 0.5, false, 0.9, 32).decoding(new SampleRef(0, 1, 5), 100).seed());
  }

  @Test
  void anAnswerIsNoLongerThanTheRunsLengthAllows() {
    assertEquals(32, plan(1, false).decoding(new SampleRef(0, 0, 0), 100).maxNewTokens());
    assertEquals(5, plan(1, false).decoding(new SampleRef(0, 0, 0), 5).maxNewTokens());
  }
}
