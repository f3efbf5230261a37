package io.lockstep.data.augment.patch;

import io.lockstep.config.Interval;
import io.lockstep.data.augment.operator.AnnotatedPicture;
import io.lockstep.data.augment.operator.BarrierResult;
import io.lockstep.data.augment.operator.Draws;
import io.lockstep.data.augment.operator.OperatorContext;
import io.lockstep.data.augment.operator.TrackedObject;
import io.lockstep.data.augment.patch.CopyOptions.Source;
import io.lockstep.data.augment.pixels.Resampler;
import io.lockstep.data.bank.BankRule;
import io.lockstep.data.bank.Patch;
import io.lockstep.data.bank.PatchObject;
import io.lockstep.data.bank.PatchSupply;
import io.lockstep.data.bank.Piece;
import io.lockstep.data.bank.PieceRule;
import io.lockstep.data.bank.Region;
import io.lockstep.data.geometry.Affine;
import io.lockstep.data.geometry.Frame;
import io.lockstep.data.geometry.Geometry;
import io.lockstep.data.image.RgbImage;
import io.lockstep.data.record.Origin;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Copies pieces of pictures to random places where they hide little of what is there.
 *
 * @param rule which pieces
 * @param scale factor by which a piece is enlarged, one of which is drawn
 * @param maxTargets most pieces that are pasted
 */
record CopyPaste(PieceRule rule, Interval scale, int maxTargets, CopyOptions options) {

  /** The reason of pictures for which there was no piece, or no place for one. */
  static final String NOTHING_PASTED = "nothing_pasted";

  /** Where a picture that is being augmented comes from doesn't matter to its own pieces. */
  private static final Origin SELF = new Origin(Path.of(""), 0);

  /** How often a mixed source takes the bank's piece. */
  private static final double SHARE_OF_BANK = 0.5;

  /** Which pieces of other pictures are given. */
  Optional<BankRule> bankRule() {
    return options.bankRule(rule);
  }

  BarrierResult apply(AnnotatedPicture in, OperatorContext context) {
    Pasting pasting = new Pasting(in);
    Own own = new Own(in, options.sourceMode() == Source.BANK ? List.of() : pieces(in));
    for (int target = 0; target < maxTargets; target++) {
      Optional<Copied> copied = next(own, context);
      if (copied.isEmpty()) {
        break;
      }
      pasting.tryPlaces(copied.get(), context.draws());
    }
    return pasting.result();
  }

  private List<Piece> pieces(AnnotatedPicture in) {
    return rule.pieces(in.picture().width(), in.picture().height(), in.dataObjects());
  }

  /** A piece, and where it comes from. */
  private record Copied(Patch patch, TrackedObject.Source from) {}

  private Optional<Copied> next(Own own, OperatorContext context) {
    Draws draws = context.draws();
    Source source = options.sourceMode();
    boolean fromBank =
        source == Source.BANK || (source == Source.MIXED && draws.chance(SHARE_OF_BANK));
    if (fromBank) {
      PatchSupply supply =
          context
              .patches()
              .orElseThrow(() ->
                  new IllegalStateException(
                      "an operator with a bank was given none; open a PatchSupply for it"));
      Optional<Patch> given = supply.draw(context.step(), draws.bits(), bankRule().orElseThrow());
      if (given.isPresent() || source == Source.BANK) {
        return given.map(patch -> new Copied(patch, TrackedObject.Source.BANK));
      }
    }
    return own.next(draws).map(patch -> new Copied(patch, TrackedObject.Source.PASTED));
  }

  /** Pieces of the picture itself, each of which is taken once. */
  private static final class Own {

    private final AnnotatedPicture picture;
    private final List<Piece> left;

    Own(AnnotatedPicture picture, List<Piece> pieces) {
      this.picture = picture;
      this.left = new ArrayList<>(pieces);
    }

    Optional<Patch> next(Draws draws) {
      return left.isEmpty()
          ? Optional.empty()
          : Optional.of(left.remove(draws.below(left.size())).cut(SELF, picture.picture()));
    }
  }

  /** A picture that is pasted into. */
  private final class Pasting {

    private final AnnotatedPicture in;
    private final Frame frame;
    private final List<TrackedObject> objects;
    private final List<Double> hidden;
    private RgbImage picture;
    private boolean changed;

    Pasting(AnnotatedPicture in) {
      this.in = in;
      this.frame = in.frame();
      this.objects = new ArrayList<>(in.objects());
      this.hidden = new ArrayList<>(objects.stream().map(object -> 0.0).toList());
      this.picture = in.picture();
    }

    void tryPlaces(Copied copied, Draws draws) {
      RgbImage pixels = copied.patch().pixels();
      double factor = draws.in(scale);
      int width = (int) Math.max(1, Math.round(pixels.width() * factor));
      int height = (int) Math.max(1, Math.round(pixels.height() * factor));
      if (width > frame.width() || height > frame.height()) {
        return;
      }
      for (int attempt = 0; attempt < options.maxAttempts(); attempt++) {
        int x = draws.integer(0, frame.width() - width);
        int y = draws.integer(0, frame.height() - height);
        Region place = new Region(x, y, width, height);
        List<Double> after = hiddenWith(place);
        if (after.stream().allMatch(share -> share <= options.overlapThreshold())) {
          paste(copied, place, after);
          return;
        }
      }
    }

    private List<Double> hiddenWith(Region place) {
      Overlap overlap = options.overlap();
      return IntStream.range(0, objects.size())
          .mapToObj(i -> hidden.get(i) + overlap.hidden(objects.get(i).geometry(), place))
          .toList();
    }

    private void paste(Copied copied, Region place, List<Double> after) {
      RgbImage pixels = copied.patch().pixels();
      Affine map =
          Affine.scaling(
                  (double) place.width() / pixels.width(),
                  (double) place.height() / pixels.height())
              .then(Affine.translation(place.x(), place.y()));
      hidden.clear();
      hidden.addAll(after);
      for (PatchObject object : copied.patch().objects()) {
        Geometry geometry = object.geometry().transformed(map).keptInside(frame);
        int origin =
            copied.from() == TrackedObject.Source.BANK
                ? -1
                : in.objects().get(object.index()).origin();
        objects.add(new TrackedObject(origin, copied.from(), object.desc(), geometry));
        hidden.add(0.0);
      }
      RgbImage resized = Resampler.resize(pixels, new Frame(place.width(), place.height()));
      if (!changed) {
        changed = true;
        picture = new RgbImage(picture.width(), picture.height(), picture.rgb().clone());
      }
      overwrite(picture, resized, place);
    }

    BarrierResult result() {
      if (!changed) {
        return BarrierResult.skipped(in, NOTHING_PASTED);
      }
      int before = in.objects().size();
      return new BarrierResult(
          new AnnotatedPicture(picture, objects),
          IntStream.range(0, before).boxed().toList(),
          hidden.subList(0, before).stream().map(share -> Math.max(0, 1 - share)).toList());
    }
  }

  private static void overwrite(RgbImage picture, RgbImage piece, Region place) {
    int stride = place.width() * RgbImage.CHANNELS;
    for (int row = 0; row < place.height(); row++) {
      int to = ((place.y() + row) * picture.width() + place.x()) * RgbImage.CHANNELS;
      System.arraycopy(piece.rgb(), row * stride, picture.rgb(), to, stride);
    }
  }
}
