package io.lockstep.cli.report;

import io.lockstep.cli.run.Metrics;
import io.lockstep.cli.run.RecipeSources;
import io.lockstep.cli.run.RunFolder;
import io.lockstep.config.ConfigException;
import io.lockstep.coordinator.Follower;
import io.lockstep.coordinator.RunStatus;
import io.lockstep.coordinator.journal.RunTimeline;
import io.lockstep.data.augment.AugmentationConfig;
import io.lockstep.data.bank.BankFolder;
import io.lockstep.worker.config.RunConfig;
import io.lockstep.worker.zero.StageCost;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What a run's world consists of besides its workers: who owns what of the training state, the
 * patch bank, who follows its checkpoints, and the recipe.
 */
final class WorldSections {

  /** Earlier memberships whose map is shown. */
  private static final int EARLIER_MAPS = 20;

  /** Larger memberships would make the page large and tell nobody anything. */
  private static final int MOST_RANKS = 256;

  private static final double MEBIBYTE = 1 << 20;

  private final RunFolder run;
  private final RunDashboard.Trained trained;

  // Read once: neither changes while a run goes on. Guarded by this.
  private @Nullable RunConfig recipe;
  private StageCost.@Nullable Subject subject;

  WorldSections(RunFolder run, RunDashboard.Trained trained) {
    this.run = run;
    this.trained = trained;
  }

  /** Which rank owns what, by membership. */
  synchronized String zeroMap(Optional<RunTimeline> timeline) {
    List<RunTimeline.Epoch> epochs = timeline.map(RunTimeline::epochs).orElse(List.of());
    if (epochs.isEmpty()) {
      return "<h2>ZeRO map</h2>\n<p>No membership has been formed yet.</p>\n";
    }
    try {
      return zeroMap(epochs.reversed(), subject(), recipe().deepspeed().zeroStage());
    } catch (IOException | ConfigException | RuntimeException e) {
      return "<h2>ZeRO map</h2>\n<p>It can't be told: %s</p>%n"
          .formatted(Html.escape(String.valueOf(e.getMessage())));
    }
  }

  private static String zeroMap(
      List<RunTimeline.Epoch> newestFirst, StageCost.Subject subject, int stage) {
    StringBuilder html = new StringBuilder("<h2>ZeRO map</h2>\n");
    Set<List<String>> shown = new HashSet<>();
    for (RunTimeline.Epoch epoch : newestFirst) {
      if (shown.size() > EARLIER_MAPS || !shown.add(epoch.members())) {
        continue;
      }
      String title =
          "membership %d, of %d worker%s"
              .formatted(
                  epoch.generation(),
                  epoch.members().size(),
                  epoch.members().size() == 1 ? "" : "s");
      String table;
      if (epoch.members().size() > MOST_RANKS) {
        table = "<p>More than %d ranks are not listed.</p>%n".formatted(MOST_RANKS);
      } else {
        ZeroMap map = ZeroMap.of(subject, stage, epoch.members());
        if (shown.size() == 1) {
          html.append("<p>%s</p>%n".formatted(Html.escape(map.meaning())));
        }
        table = map.table("ZeRO map of " + title);
      }
      html.append(
          shown.size() == 1
              ? "<h3>%s</h3>%n%s".formatted(title, table)
              : "<details id=\"map-%d\"><summary>%s</summary>%n%s</details>%n"
                  .formatted(epoch.generation(), title, table));
    }
    return html.toString();
  }

  private StageCost.Subject subject() throws IOException, ConfigException {
    StageCost.Subject known = subject;
    if (known == null) {
      known = trained.by(recipe());
      subject = known;
    }
    return known;
  }

  private RunConfig recipe() throws IOException, ConfigException {
    RunConfig known = recipe;
    if (known == null) {
      known = RunConfig.readStored(run.root().resolve("run.yaml"));
      recipe = known;
    }
    return known;
  }

  /** The folder of patches that the run's workers share. */
  synchronized String patchBank(Metrics metrics, Optional<RunStatus> status) throws IOException {
    String title = "<h2>Patch bank</h2>\n";
    RunConfig config;
    try {
      config = recipe();
    } catch (IOException | ConfigException e) {
      return title
          + "<p>The run's recipe can't be read, so it isn't known whether there is one.</p>\n";
    }
    if (config.custom().activeAugmentation().filter(AugmentationConfig::needsPatchBank).isEmpty()) {
      return title + "<p>Off: the run's augmentation copies no patches of other pictures.</p>\n";
    }
    Path folder = BankFolder.of(Optional.of(run.root()), System.getenv());
    StringBuilder html = new StringBuilder(title).append("<dl>\n");
    fact(html, "folder", folder.toString());
    fact(html, "node", nodes(status));
    fact(
        html,
        "size",
        String.format(
            Locale.ROOT,
            "%.1f MiB of %.0f MiB at most",
            size(folder) / MEBIBYTE,
            config.data().patchBankBytes() / MEBIBYTE));
    Map<String, Long> counts = metrics.bankCounts();
    if (counts.isEmpty()) {
      fact(html, "rank 0's patches", "nothing is logged yet");
    } else {
      long hits = counts.getOrDefault("found", 0L);
      long misses = counts.getOrDefault("cut", 0L);
      fact(
          html,
          "rank 0's patches in the logged steps",
          String.format(
              Locale.ROOT,
              "%d found in the bank (%.1f %%), %d cut anew, %d added, %d refused, %d damaged",
              hits,
              100.0 * hits / Math.max(1, hits + misses),
              misses,
              counts.getOrDefault("added", 0L),
              counts.getOrDefault("refused", 0L),
              counts.getOrDefault("damaged", 0L)));
    }
    return html.append("</dl>\n").toString();
  }

  private static String nodes(Optional<RunStatus> status) {
    Set<String> nodes =
        status.stream()
            .flatMap(state -> state.workers().stream())
            .map(RunStatus.WorkerStatus::node)
            .filter(node -> !node.isEmpty())
            .collect(Collectors.toCollection(TreeSet::new));
    return nodes.isEmpty() ? "known while workers are there" : String.join(", ", nodes);
  }

  private static long size(Path folder) throws IOException {
    long bytes = 0;
    if (Files.isDirectory(folder)) {
      try (Stream<Path> files = Files.list(folder)) {
        for (Path file : files.toList()) {
          try {
            bytes += Files.isRegularFile(file) ? Files.size(file) : 0;
          } catch (NoSuchFileException gone) {
            // Deleted meanwhile: the oldest of a bank that is full.
          }
        }
      }
    }
    return bytes;
  }

  /**
   * Who follows the run's checkpoints.
   *
   * @param followers empty if no coordinator is asked
   */
  static String followers(Optional<List<Follower>> followers) {
    String title = "<h2>Gateway followers</h2>\n";
    if (followers.isEmpty()) {
      return title
          + "<p>Known to the run's coordinator alone, and to it only while it is there.</p>\n";
    }
    if (followers.get().isEmpty()) {
      return title + "<p>Nobody follows this run's checkpoints.</p>\n";
    }
    StringBuilder rows = new StringBuilder();
    for (Follower follower : followers.get()) {
      rows.append(
          "<tr><td class=\"name\">%s</td><td class=\"name\">%s</td><td class=\"name\">%s</td><td class=\"n\">%s</td><td class=\"%s\">%s</td></tr>"
              .formatted(
                  Html.escape(follower.name()),
                  Html.escape(follower.address()),
                  (follower.connected() ? "since " : "gone, came ")
                      + CourseSections.time(follower.since()),
                  follower.serving().map(now -> Long.toString(now.steps())).orElse("–"),
                  follower.serving().map(now -> now.aligned() ? "good" : "bad").orElse(""),
                  Html.escape(
                      follower
                          .serving()
                          .map(now ->
                              (now.aligned() ? "verified: " : "not verified: ") + now.alignment())
                          .orElse("serves nothing yet"))));
    }
    return title
        + Html.table(
            "Gateway followers",
            "<th>follower</th><th>address</th><th>follows</th><th class=\"n\">serves step</th><th>what it computes</th>",
            rows.toString());
  }

  /** The recipe as the run has it, and where it is from. */
  String configuration() throws IOException {
    StringBuilder html = new StringBuilder("<h2>Configuration</h2>\n");
    Optional<RecipeSources> sources = RecipeSources.read(run.root());
    sources.ifPresent(from -> {
      List<String> extended = new ArrayList<>(from.extended());
      html.append(
          "<p>From %s%s.</p>%n"
              .formatted(
                  Html.escape(from.recipe()),
                  extended.isEmpty()
                      ? ", which extends no other"
                      : ", which extends " + Html.escape(String.join(", ", extended))));
    });
    html.append("<h3>The recipe with all defaults</h3>\n")
        .append(Html.text("The recipe with all defaults", RunPage.recipe(run.root())));
    sources.ifPresent(from ->
        html.append("<details id=\"sources\"><summary>What the files say, and where</summary>\n")
            .append(Html.text("What the files say, and where", from.text()))
            .append("</details>\n"));
    return html.toString();
  }

  private static void fact(StringBuilder html, String name, String value) {
    html.append("<dt>%s</dt><dd>%s</dd>%n".formatted(Html.escape(name), Html.escape(value)));
  }
}
