package io.lockstep.model.objective;

import io.lockstep.model.batch.Batch;
import io.lockstep.model.batch.Targets;
import io.lockstep.model.network.Network;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What training minimises: the weighted sum of terms, each divided by its normaliser of the whole
 * step.
 *
 * <p>The gradient's sum over all passes is divided by the supervised tokens at the end of a step.
 * Terms with another normaliser are therefore multiplied by {@code supervised tokens / their own},
 * for which a step's counts have to be known before its first pass.
 *
 * @param terms at least one that counts over positions; names differ
 */
public record Objective(List<LossTerm> terms) {

  /** The cross entropy alone. */
  public static final Objective CROSS_ENTROPY = new Objective(List.of(new CrossEntropy()));

  /** Checks the terms. */
  public Objective {
    terms = List.copyOf(terms);
    if (terms.stream().noneMatch(term -> term.normaliser().isOfPositions())) {
      throw new IllegalArgumentException("an objective has a term over tokens");
    }
    if (terms.stream().map(LossTerm::name).distinct().count() < terms.size()) {
      throw new IllegalArgumentException("two terms of an objective have the same name");
    }
  }

  /**
   * A teacher, and how much of it is learned.
   *
   * @param sftAlpha weight of the cross entropy beside the divergence from the teacher
   * @param studentWrites whether the student writes answers itself, on which that does not count
   * @param visual what is learned of how the teacher sees pictures; may be empty
   */
  public record Teaching(
      Distillation distillation,
      double sftAlpha,
      boolean studentWrites,
      List<VisualDistillation> visual) {

    public Teaching {
      visual = List.copyOf(visual);
    }
  }

  /**
   * How much the answers in demonstrations count, and those that follow them.
   *
   * @param teacherWeight 0 for demonstrations that are context alone
   * @param studentWeight more than 0
   */
  public record Turns(double teacherWeight, double studentWeight) {}

  /**
   * The objective of a recipe.
   *
   * @param teaching a teacher whose distributions are learned, instead of words alone
   * @param turns demonstrations that are weighed apart, without such a teacher
   * @param routerBalance weight of {@link RouterBalance}; 0 for none
   * @param detection terms of the network's detection head; none if it has none
   * @throws IllegalArgumentException if the network has not what a term needs
   */
  public static Objective of(
      Network network,
      Optional<Teaching> teaching,
      Optional<Turns> turns,
      double routerBalance,
      List<LossTerm> detection) {
    List<LossTerm> terms = new ArrayList<>();
    if (teaching.isPresent() && turns.isPresent()) {
      throw new IllegalArgumentException(
          "rlhf and custom.teacher_student exclude each other: each says by itself what is"
              + " minimised");
    }
    if (turns.isPresent()) {
      terms.add(CrossEntropy.ofTeachers(turns.get().teacherWeight()));
      terms.add(CrossEntropy.ofStudents(turns.get().studentWeight()));
    } else if (teaching.isPresent()) {
      terms.add(teaching.get().distillation());
      terms.add(
          CrossEntropy.besideTeacher(teaching.get().sftAlpha(), teaching.get().studentWrites()));
      terms.addAll(teaching.get().visual());
    } else {
      terms.add(new CrossEntropy());
    }
    if (routerBalance > 0) {
      terms.add(new RouterBalance(network.routers(), routerBalance));
    }
    terms.addAll(detection);
    return new Objective(terms);
  }

  /** Names of all activations that terms read. */
  public Set<String> reads() {
    return terms.stream()
        .flatMap(term -> term.reads().stream())
        .collect(Collectors.toCollection(LinkedHashSet::new));
  }

  /** What terms are divided by, each once, after the supervised tokens. */
  public List<Normaliser> normalisers() {
    return Stream.concat(Stream.of(Normaliser.TOKENS), terms.stream().map(LossTerm::normaliser))
        .distinct()
        .toList();
  }

  /** How many of each normaliser a pass has, in their order. */
  public long[] counts(Batch batch, Targets targets) {
    return normalisers().stream().mapToLong(each -> each.count(batch, targets)).toArray();
  }

  /**
   * What each term's sum is multiplied with before the division by the supervised tokens: its
   * weight, times those over its own normaliser, which counts as 1 where a step has nothing of it:
   * what there is none of may still be found by mistake.
   *
   * @param counts of a whole step, in the order of {@link #normalisers}; not read if there is one
   */
  public double[] factors(long[] counts) {
    Map<Normaliser, Double> ratios = new EnumMap<>(Normaliser.class);
    List<Normaliser> normalisers = normalisers();
    ratios.put(normalisers.getFirst(), 1.0);
    for (int i = 1; i < normalisers.size(); i++) {
      ratios.put(normalisers.get(i), (double) counts[0] / Math.max(1, counts[i]));
    }
    return terms.stream()
        .mapToDouble(term -> term.weight() * ratios.getOrDefault(term.normaliser(), 0.0))
        .toArray();
  }

  /** The factors of a step that is this pass alone. */
  public double[] factorsAlone(Batch batch, Targets targets) {
    return factors(counts(batch, targets));
  }

  /** Whether a step's counts have to be known before its first pass. */
  public boolean needsCounts() {
    return normalisers().size() > 1;
  }

  @Override
  public String toString() {
    return Arrays.toString(terms.stream().map(LossTerm::name).toArray());
  }
}
