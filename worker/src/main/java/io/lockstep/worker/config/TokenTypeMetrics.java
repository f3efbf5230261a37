package io.lockstep.worker.config;

import io.lockstep.config.Key;
import io.lockstep.data.fusion.DatasetConfig;
import java.util.List;

/**
 * Whose dense answers get accuracies of their own for descriptions, coordinates and format.
 *
 * @param enabled whether any do
 * @param include datasets that do, by name or domain
 * @param exclude datasets that don't, whatever {@code include} says
 */
public record TokenTypeMetrics(
    @Key(
            value =
                "Whether accuracies of descriptions, coordinates and format are logged apart, as `<dataset>_desc_token_acc`, `_coord_` and `_format_`.",
            otherwise = "false",
            changesWeights = false)
        boolean enabled,
    @Key(
            value =
                "Datasets of which they are: names, or `target` for all targets of a fusion (or the only dataset of a run) and `source` for all sources. Names that no dataset has are of no effect.",
            otherwise = "[target, lvis]",
            changesWeights = false)
        List<String> include,
    @Key(
            value = "Datasets of which they are not, whatever `include` says; read like it.",
            otherwise = "[coig_lang_chat]",
            changesWeights = false)
        List<String> exclude) {

  private static final String TARGET = "target";
  private static final String SOURCE = "source";

  public TokenTypeMetrics {
    include = List.copyOf(include);
    exclude = List.copyOf(exclude);
  }

  /** Whether the tokens of a dataset are told apart by kind. */
  public boolean counts(DatasetConfig dataset, boolean isTarget) {
    return enabled && names(include, dataset, isTarget) && !names(exclude, dataset, isTarget);
  }

  private static boolean names(List<String> list, DatasetConfig dataset, boolean isTarget) {
    return list.contains(isTarget ? TARGET : SOURCE) || list.contains(dataset.name());
  }
}
