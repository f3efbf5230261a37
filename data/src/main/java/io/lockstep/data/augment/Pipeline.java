package io.lockstep.data.augment;

import io.lockstep.data.augment.operator.AffineOperator;
import io.lockstep.data.augment.operator.AnnotatedPicture;
import io.lockstep.data.augment.operator.BarrierOperator;
import io.lockstep.data.augment.operator.BarrierResult;
import io.lockstep.data.augment.operator.ColourOperator;
import io.lockstep.data.augment.operator.ConfiguredOperator;
import io.lockstep.data.augment.operator.Draws;
import io.lockstep.data.augment.operator.Operator;
import io.lockstep.data.augment.operator.OperatorContext;
import io.lockstep.data.augment.operator.SampleKey;
import io.lockstep.data.augment.operator.TrackedObject;
import io.lockstep.data.augment.pixels.Warp;
import io.lockstep.data.bank.PatchSupply;
import io.lockstep.data.bank.SourceSample;
import io.lockstep.data.geometry.Affine;
import io.lockstep.data.geometry.Frame;
import io.lockstep.data.image.RgbImage;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Applies the operators of a configuration: affine ones are multiplied into one map that warps the
 * picture once, before the next barrier or at the end; colours come last.
 *
 * <p>What becomes of a sample is a function of its key, the progress and the configuration alone.
 * One pipeline serves any number of threads.
 */
public final class Pipeline {

  /** The index of the draws that decide whether a sample is augmented at all. */
  private static final int BYPASS_DRAW = -1;

  private final AugmentationConfig config;
  private final Optional<PatchSupply> patches;

  /** The pipeline of a configuration that needs no patch bank. */
  public Pipeline(AugmentationConfig config) {
    this(config, Optional.empty());
  }

  /**
   * The pipeline of a configuration.
   *
   * @param patches pieces of other pictures; needed where the configuration {@link
   *     AugmentationConfig#needsPatchBank() needs a bank}
   */
  public Pipeline(AugmentationConfig config, Optional<PatchSupply> patches) {
    if (patches.isEmpty() && config.needsPatchBank()) {
      throw new IllegalArgumentException("the augmentation needs a patch bank and was given none");
    }
    this.config = config;
    this.patches = patches;
  }

  /**
   * Puts what later samples may be given of a sample into the bank, if there is one, while its
   * picture is at hand. Only saves work: what isn't there is cut when it is needed.
   *
   * @param picture as it stands in its file
   */
  public void visit(SourceSample sample, RgbImage picture, Progress progress) {
    if (patches.isPresent()) {
      patches.get().visit(sample, picture, config.bankRules(progress));
    }
  }

  /** What may happen to the objects of a picture. */
  public enum ObjectsMay {
    /** Operators may drop objects, add some and describe them otherwise. */
    CHANGE,
    /** Operators that do so are left out: the objects move, and that is all. */
    MOVE
  }

  /** The augmented picture; the given one if nothing was done. */
  public AnnotatedPicture apply(AnnotatedPicture in, SampleKey key, Progress progress) {
    return apply(in, key, progress, ObjectsMay.CHANGE, PipelineWatch.NONE);
  }

  /** The same, watched. */
  public AnnotatedPicture apply(
      AnnotatedPicture in,
      SampleKey key,
      Progress progress,
      ObjectsMay objectsMay,
      PipelineWatch watch) {
    AugmentationConfig now = config.at(progress);
    if (key.draws(BYPASS_DRAW).chance(now.bypassProb())) {
      now.ops().forEach(each -> watch.skipped(each.name()));
      return in;
    }
    Run run = new Run(in, watch);
    for (int i = 0; i < now.ops().size(); i++) {
      ConfiguredOperator configured = now.ops().get(i);
      Draws draws = key.draws(i);
      if (!draws.chance(configured.prob()) || !isAllowed(configured.operator(), objectsMay)) {
        watch.skipped(configured.name());
        continue;
      }
      switch (configured.operator()) {
        case AffineOperator affine -> run.accumulate(configured.name(), affine, draws);
        case ColourOperator colour -> run.defer(configured.name(), colour, draws);
        case BarrierOperator barrier ->
            run.pass(
                configured.name(),
                barrier,
                new OperatorContext(key, progress.step(), draws, patches));
      }
    }
    return run.finish();
  }

  private static boolean isAllowed(Operator operator, ObjectsMay objectsMay) {
    return objectsMay == ObjectsMay.CHANGE
        || !(operator instanceof BarrierOperator barrier && barrier.changesObjects());
  }

  /** One sample on its way. */
  private static final class Run {

    private final PipelineWatch watch;
    private final List<Deferred> colours = new ArrayList<>();
    private AnnotatedPicture current;
    private Affine pending = Affine.IDENTITY;

    private record Deferred(String name, ColourOperator operator, Draws draws) {}

    Run(AnnotatedPicture in, PipelineWatch watch) {
      this.current = in;
      this.watch = watch;
    }

    void accumulate(String name, AffineOperator operator, Draws draws) {
      watch.applied(name);
      Frame frame = current.frame();
      pending = pending.then(operator.matrix(frame.width(), frame.height(), draws));
    }

    void defer(String name, ColourOperator operator, Draws draws) {
      watch.applied(name);
      colours.add(new Deferred(name, operator, draws));
    }

    void pass(String name, BarrierOperator operator, OperatorContext context) {
      watch.begins(name);
      flush(operator.canvas(pending, current.frame()));
      watch.begins(name);
      long begin = System.nanoTime();
      BarrierResult result = operator.apply(current, context);
      watch.timed(name, System.nanoTime() - begin);
      watch.barrier(name, result);
      result
          .skipped()
          .ifPresentOrElse(reason -> watch.skipped(name, reason), () -> watch.applied(name));
      watch.dropped(name, current.objects().size() - result.keptIndices().size());
      current = result.out();
    }

    private void flush(BarrierOperator.Canvas canvas) {
      pending = Affine.IDENTITY;
      if (canvas.map().equals(Affine.IDENTITY) && canvas.frame().equals(current.frame())) {
        return;
      }
      watch.begins("warp");
      long begin = System.nanoTime();
      List<TrackedObject> objects =
          current.objects().stream()
              .map(object ->
                  object.at(object.geometry().transformed(canvas.map()).keptInside(canvas.frame())))
              .toList();
      RgbImage warped = Warp.apply(current.picture(), canvas.map(), canvas.frame());
      current = new AnnotatedPicture(warped, objects);
      watch.timed("warp", System.nanoTime() - begin);
    }

    AnnotatedPicture finish() {
      flush(new BarrierOperator.Canvas(pending, current.frame()));
      RgbImage picture = current.picture();
      for (Deferred colour : colours) {
        watch.begins(colour.name());
        long begin = System.nanoTime();
        picture = colour.operator().apply(picture, colour.draws());
        watch.timed(colour.name(), System.nanoTime() - begin);
      }
      return colours.isEmpty() ? current : new AnnotatedPicture(picture, current.objects());
    }
  }
}
