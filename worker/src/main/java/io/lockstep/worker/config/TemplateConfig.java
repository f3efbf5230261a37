package io.lockstep.worker.config;

import io.lockstep.config.Checked;
import io.lockstep.config.Key;
import io.lockstep.config.Place;
import java.util.Optional;

/**
 * How conversations and pictures become tokens.
 *
 * @param template name of the model family, checked against the model
 * @param maxLength the same as {@code global_max_length}
 * @param truncationStrategy what becomes of longer samples
 * @param minPixels pictures with fewer pixels are enlarged
 * @param maxPixels pictures with more pixels are reduced
 */
public record TemplateConfig(
    @Key(
            value =
                "Name of the model's family, which must be that of its `config.json`; the chat template is the model's own.",
            changesWeights = false)
        Optional<String> template,
    @Key(value = "The same as `global_max_length`.", min = 8, changesWeights = false)
        Optional<Integer> maxLength,
    @Key(
            value = "Nothing is ever cut: longer samples are replaced by others and reported.",
            otherwise = "raise",
            remedy =
                "nothing is ever cut, over-long samples are replaced by others and reported in over_length.json; remove the key, and raise global_max_length or shorten the records if there are too many")
        Truncation truncationStrategy,
    @Key(
            value =
                "Pictures with fewer pixels are enlarged; the model's own unless it is given. Kept with the checkpoints.",
            min = 784,
            max = 1 << 26,
            unit = "pixels")
        Optional<Integer> minPixels,
    @Key(
            value =
                "Pictures with more pixels are reduced; the model's own unless it is given. Kept with the checkpoints.",
            min = 784,
            max = 1 << 26,
            unit = "pixels")
        Optional<Integer> maxPixels)
    implements Checked {

  /** What becomes of over-long samples. */
  public enum Truncation {
    /** They are never cut. */
    RAISE
  }

  @Override
  public void check(Place section) {
    if (minPixels.isPresent() && maxPixels.isPresent() && minPixels.get() > maxPixels.get()) {
      section
          .at("min_pixels")
          .problem(
              "(%d) must not exceed template.max_pixels (%d)"
                  .formatted(minPixels.get(), maxPixels.get()));
    }
  }
}
