package io.lockstep.worker.preflight;

import io.lockstep.data.dataset.RecordAugmenter;
import io.lockstep.data.plan.EpochPlan;
import io.lockstep.data.plan.KeyedPermutation;
import io.lockstep.data.plan.SampleRef;
import io.lockstep.data.plan.SplitMix64;
import io.lockstep.data.record.ChatRecord;
import io.lockstep.data.record.ImageRecord;
import io.lockstep.model.encode.SampleEncoder;
import io.lockstep.worker.config.RunConfig;
import io.lockstep.worker.loader.Augmentation;
import io.lockstep.worker.loader.RunData;
import io.lockstep.worker.loader.RunSamples;
import io.lockstep.worker.loader.SampleException;
import io.lockstep.worker.loader.UnreadableRecordException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The samples that a run looks at before it learns from any: a few of each dataset, which its seed
 * decides, as their records stand in their files, and augmented as in the first and in the last
 * step.
 */
public final class FirstSamples {

  // Keeps the choice apart from others that are made from the same seed.
  private static final long HEALTH = 0x6865616c7468L;
  private static final long CHECKED_RECORDS = 8;

  private final RunConfig config;
  private final EpochPlan plan;
  private final RunSamples samples;
  private final Optional<Augmentation> augmentation;
  private final SampleEncoder encoder;
  private final HealthCheck check;
  private final boolean passesOverUnreadable;

  /**
   * The first samples of a run.
   *
   * @param passesOverUnreadable whether records that can't be read are no problem: a run that may
   *     lose some replaces them when it draws them
   */
  FirstSamples(
      RunData data, SampleEncoder encoder, HealthCheck check, boolean passesOverUnreadable) {
    this.config = data.config();
    this.plan = data.plan();
    this.samples = data.samples();
    this.augmentation = data.augmentationWithoutBank();
    this.encoder = encoder;
    this.check = check;
    this.passesOverUnreadable = passesOverUnreadable;
  }

  /** Everything that is wrong with them. */
  List<String> problems() {
    List<String> problems = new ArrayList<>();
    for (int dataset = 0; dataset < config.datasets().size(); dataset++) {
      long size = samples.records().size(dataset);
      KeyedPermutation chosen =
          new KeyedPermutation(size, SplitMix64.mix(HEALTH, config.seed(), dataset));
      for (long i = 0; i < Math.min(CHECKED_RECORDS, size); i++) {
        problems.addAll(problems(dataset, samples.records().sample(dataset, chosen.at(i))));
      }
    }
    return problems;
  }

  private List<String> problems(int dataset, long sample) {
    HealthCheck.Subject plain;
    try {
      plain = subject(sample);
    } catch (UnreadableRecordException e) {
      return passesOverUnreadable ? List.of() : List.of(String.valueOf(e.getMessage()));
    } catch (SampleException e) {
      return List.of(String.valueOf(e.getMessage()));
    }
    List<String> problems = check.problems(plain);
    Optional<RecordAugmenter> augmenter = augmentation.flatMap(all -> all.of(dataset));
    RunSamples.Located at = samples.locate(sample);
    boolean augmented =
        augmenter.isPresent() && at.dataset().read(at.index()) instanceof ImageRecord;
    return problems.isEmpty() && augmented
        ? augmented(dataset, augmenter.get(), sample, plain.sample().name())
        : problems;
  }

  private HealthCheck.Subject subject(long sample) throws SampleException {
    RunSamples.Taught made = samples.taught(encoder, new SampleRef(0, sample, sample));
    RunSamples.Located at = samples.locate(sample);
    int shown = made.demonstrations().stream().mapToInt(each -> each.images().size()).sum();
    int images =
        switch (at.dataset().read(at.index())) {
          case ImageRecord image -> image.images().size();
          case ChatRecord chat -> chat.conversation().images().size();
        };
    return new HealthCheck.Subject(shown + images, made.conversation(), made.sample());
  }

  /** What is wrong only after augmentation. */
  private List<String> augmented(int dataset, RecordAugmenter augmenter, long sample, String name) {
    long steps = config.training().totalSteps(plan.samples());
    List<String> problems = new ArrayList<>();
    for (long step : steps == 1 ? List.of(0L) : List.of(0L, steps - 1)) {
      AugmentedSampleCheck.Point point =
          new AugmentedSampleCheck.Point(step, steps, step * plan.globalBatch() / plan.samples());
      problems.addAll(
          new AugmentedSampleCheck(augmentation.orElseThrow().config(dataset), point, check)
              .problems(samples, encoder, augmenter, sample, name));
    }
    return problems;
  }
}
