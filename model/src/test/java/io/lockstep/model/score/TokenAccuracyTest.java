package io.lockstep.model.score;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.lockstep.model.batch.Batch;
import io.lockstep.model.batch.Sample;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.generate.Generation;
import io.lockstep.model.generate.GenerationOptions;
import io.lockstep.model.testing.GoldenFamily;
import io.lockstep.tensor.Torch;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class TokenAccuracyTest {

  /** What a model generates by itself is what it finds most probable; another word is not. */
  @Test
  void aModelFindsItsOwnAnswerAndNothingElse() throws IOException {
    Torch.start(1);
    GoldenFamily family = GoldenFamily.QWEN3_VL;
    try (LoadedModel model = LoadedModel.open(family.checkpoint())) {
      var prompt = family.conversations().getFirst().prompt();
      Generation answer =
          model.generator().generate(List.of(prompt), GenerationOptions.cached(4)).getFirst();
      int[] own = answer.tokens().stream().mapToInt(Integer::intValue).toArray();
      Sample asked = model.encoder().prompt("asked", prompt);
      assertEquals(new TokenAccuracy(4, 4), accuracy(model, asked, own));
      own[3] = (own[3] + 1) % model.config().text().vocabSize();
      assertEquals(new TokenAccuracy(3, 4), accuracy(model, asked, own));
    }
    assertEquals(0.75, new TokenAccuracy(3, 4).plus(new TokenAccuracy(3, 4)).share());
  }

  private static TokenAccuracy accuracy(LoadedModel model, Sample asked, int[] answer) {
    int prompt = asked.tokens().length;
    int[] tokens = Arrays.copyOf(asked.tokens(), prompt + answer.length);
    int[] labels = Arrays.copyOf(asked.labels(), prompt + answer.length);
    System.arraycopy(answer, 0, tokens, prompt, answer.length);
    System.arraycopy(answer, 0, labels, prompt, answer.length);
    Sample sample = new Sample("answered", tokens, labels, asked.images(), asked.kept());
    Batch batch = model.collator().collate(List.of(sample));
    return TokenAccuracy.of(model.network(), batch);
  }
}
