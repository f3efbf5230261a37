package io.lockstep.datatools.demo;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** Questions about captions in the prompt: practice in looking things up in a text. */
final class PlainQuestions {

  private static final long QUESTIONS = 103;
  private static final int MOST_PICTURES = 4;
  private static final String NONE = "没有";

  private PlainQuestions() {}

  /** Question {@code index} of a seed. */
  static Exchange question(long seed, int index) {
    Rng rng = Rng.of(seed, Split.TEXT.key(), index, QUESTIONS);
    List<List<Item>> pictures = new ArrayList<>();
    int count = 1 + rng.below(MOST_PICTURES);
    for (int i = 0; i < count; i++) {
      pictures.add(PlainScenes.items(rng));
    }
    boolean counted = rng.chance(0.5);
    return switch (rng.weighted(0.2, 0.2, 0.35, 0.15, 0.1)) {
      case 0 -> whichPicture(rng, pictures, counted);
      case 1 -> howMany(rng, pictures, counted);
      case 2 -> firstOfSeveral(rng, pictures, counted);
      case 3 -> recount(pictures.getFirst());
      default -> whatIsIn(rng, pictures, counted);
    };
  }

  private static String listed(List<List<Item>> pictures, boolean counted) {
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < pictures.size(); i++) {
      lines.append("图").append(i + 1).append(": ");
      lines.append(text(pictures.get(i), counted)).append('\n');
    }
    return lines.toString();
  }

  private static String text(List<Item> items, boolean counted) {
    return counted ? PlainWords.counted(items) : PlainWords.caption(items);
  }

  /**
   * The name of something shown, most of the time, so that "none" does not become the safe answer.
   */
  private static String asked(Rng rng, List<List<Item>> pictures) {
    if (rng.chance(0.75)) {
      return PlainWords.name(rng.pick(rng.pick(pictures)));
    }
    return PlainWords.name(rng.pick(PlainScenes.items(rng)));
  }

  private static Exchange whichPicture(Rng rng, List<List<Item>> pictures, boolean counted) {
    String name = asked(rng, pictures);
    String answer = NONE;
    for (int i = pictures.size() - 1; i >= 0; i--) {
      if (pictures.get(i).stream().anyMatch(item -> PlainWords.name(item).equals(name))) {
        answer = "图" + (i + 1);
      }
    }
    return Exchange.of(listed(pictures, counted) + "哪张图先有" + name, answer);
  }

  private static Exchange howMany(Rng rng, List<List<Item>> pictures, boolean counted) {
    String name = asked(rng, pictures);
    long total =
        pictures.stream()
            .flatMap(List::stream)
            .filter(item -> PlainWords.name(item).equals(name))
            .count();
    return Exchange.of(listed(pictures, counted) + "一共几个" + name, total == 0 ? NONE : total + "个");
  }

  /** The first hit for any of several names, with the picture that it is in. */
  private static Exchange firstOfSeveral(Rng rng, List<List<Item>> pictures, boolean counted) {
    List<String> names = new ArrayList<>();
    int wanted = 2 + rng.below(3);
    for (int i = 0; i < wanted; i++) {
      String name = PlainWords.name(rng.pick(PlainScenes.items(rng)));
      if (!names.contains(name)) {
        names.add(name);
      }
    }
    String answer = NONE;
    for (int i = pictures.size() - 1; i >= 0; i--) {
      Optional<String> hit =
          pictures.get(i).stream().map(PlainWords::name).filter(names::contains).findFirst();
      if (hit.isPresent()) {
        answer = "图" + (i + 1) + ": " + hit.get();
      }
    }
    return Exchange.of(listed(pictures, counted) + "先找到哪个：" + String.join("、", names), answer);
  }

  private static Exchange recount(List<Item> items) {
    return Exchange.of(
        PlainWords.caption(items) + "\n" + PlainWords.COUNT_REQUEST, PlainWords.counted(items));
  }

  private static Exchange whatIsIn(Rng rng, List<List<Item>> pictures, boolean counted) {
    int which = rng.below(pictures.size());
    String names =
        pictures.get(which).stream()
            .map(PlainWords::name)
            .distinct()
            .collect(Collectors.joining("、"));
    return Exchange.of(listed(pictures, counted) + "图" + (which + 1) + "有什么", names);
  }
}
