package io.lockstep.model.align.reference;

import io.lockstep.data.conversation.Conversation;
import io.lockstep.model.align.Compare;
import io.lockstep.model.align.Comparison;
import io.lockstep.model.align.Comparison.Kind;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.generate.Generation;
import io.lockstep.model.generate.GenerationOptions;
import io.lockstep.model.generate.Profile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Compares greedy answers, in both profiles, with those of a reference. */
final class GeneratedTokens {

  private GeneratedTokens() {}

  static List<Comparison> compare(LoadedModel model, Path folder, ReferenceCases cases)
      throws IOException {
    List<Comparison> comparisons = new ArrayList<>();
    for (ReferenceCases.Generated generated : cases.generations()) {
      List<Conversation> prompts = new ArrayList<>();
      for (int index : generated.conversations()) {
        if (index < 0 || index >= cases.conversations().size()) {
          throw new InvalidReferenceException(
              folder, "generates from conversation " + index + ", which it does not hold");
        }
        prompts.add(cases.conversations().get(index).prompt());
      }
      int most = generated.newTokens().stream().mapToInt(List::size).max().orElseThrow();
      for (Profile profile : most == 0 ? new Profile[0] : Profile.values()) {
        List<Generation> answers =
            model.generator().generate(prompts, GenerationOptions.greedy(most, profile));
        for (int row = 0; row < answers.size(); row++) {
          comparisons.add(comparison(generated, row, profile, answers.get(row)));
        }
      }
    }
    return comparisons;
  }

  private static Comparison comparison(
      ReferenceCases.Generated generated, int row, Profile profile, Generation answer) {
    String what =
        "generate %s[%d] %s"
            .formatted(generated.conversations(), row, profile.name().toLowerCase(Locale.ROOT));
    return Compare.exact(
        what, Kind.OUTPUT, array(generated.newTokens().get(row)), array(answer.tokens()));
  }

  private static int[] array(List<Integer> numbers) {
    return numbers.stream().mapToInt(Integer::intValue).toArray();
  }
}
