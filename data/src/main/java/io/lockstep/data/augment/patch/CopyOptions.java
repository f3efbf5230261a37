package io.lockstep.data.augment.patch;

import io.lockstep.config.Checked;
import io.lockstep.config.Key;
import io.lockstep.config.Place;
import io.lockstep.data.bank.BankRule;
import io.lockstep.data.bank.PieceRule;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * What all operators that copy pieces have in common.
 *
 * @param maxAttempts places that are tried for each piece
 * @param context pixels around a piece that are copied with it
 * @param overlapThreshold share of any object that all pieces together may hide, and share of
 *     another object that a piece may show
 * @param lineBuffer pixels beside a line that belong to it
 * @param overlapMode what of an object counts
 * @param classWhitelist only these, and what is below them; any if there are none
 * @param sourceMode of which picture
 * @param bankAddProb share of the pieces of a picture that other pictures may be given
 */
record CopyOptions(
    @Key(value = "Places that are tried for each piece.", otherwise = "20", min = 1, max = 1000)
        int maxAttempts,
    @Key(
            value = "Around a piece, copied with it.",
            otherwise = "4.0",
            min = 0,
            max = 256,
            unit = "pixels")
        double context,
    @Key(
            value =
                "Share of any object that all pieces together may hide, and share of another object that a piece may show.",
            otherwise = "0.1",
            min = 0,
            max = 1)
        double overlapThreshold,
    @Key(
            value = "Beside a line, counted as part of it.",
            otherwise = "4.0",
            min = 0,
            max = 256,
            unit = "pixels")
        double lineBuffer,
    @Key(
            value =
                "What a piece may not hide: of an object its own area or length, or the box around it.",
            otherwise = "mask")
        Overlap.Mode overlapMode,
    @Key(
            value = "Only objects of these classes, and what is below them; any if there are none.",
            otherwise = "[]")
        List<String> classWhitelist,
    @Key(
            value =
                "Where pieces come from: the picture itself, other pictures by way of the patch bank, or both.",
            otherwise = "self")
        Source sourceMode,
    @Key(
            value = "Share of the pieces of a picture that other pictures may be given.",
            otherwise = "0.5",
            min = 0,
            max = 1)
        double bankAddProb)
    implements Checked {

  /** Where pieces come from. */
  enum Source {
    /** The picture itself. */
    SELF,
    /** The picture itself, or the bank. */
    MIXED,
    /** Other pictures, by way of the bank. */
    BANK
  }

  CopyOptions {
    classWhitelist = List.copyOf(classWhitelist);
  }

  @Override
  public void check(Place section) {
    if (sourceMode != Source.SELF && bankAddProb == 0) {
      section
          .at("source_mode")
          .problem(
              "%s needs a bank_add_prob above 0, else the bank stays empty; or set source_mode: self"
                  .formatted(sourceMode.name().toLowerCase(Locale.ROOT)));
    }
  }

  /** How it is measured what a piece hides. */
  Overlap overlap() {
    return new Overlap(overlapMode, lineBuffer);
  }

  /** What is kept in the bank for an operator; nothing if it copies within a picture only. */
  Optional<BankRule> bankRule(PieceRule rule) {
    return sourceMode == Source.SELF
        ? Optional.empty()
        : Optional.of(new BankRule(rule, bankAddProb));
  }
}
