package io.lockstep.cli.quickstart;

import io.lockstep.cli.chart.DataUri;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** The report of a job as one HTML file that needs no other. */
final class RunPage {

  private static final int SHOWN_PICTURES = 16;
  private static final int SHOWN_VERDICTS = 12;

  private RunPage() {}

  static void write(Path file, Results results, Path lossPng, List<Path> drawn) throws IOException {
    Map<String, String> values = new LinkedHashMap<>();
    values.put("exact_match", percent(results.exactMatch()));
    values.put("base_exact_match", percent(results.baseExactMatch()));
    values.put("stage_b_accuracy", percent(results.stageBAccuracy()));
    values.put("train_seconds", number(results.training().seconds()));
    values.put("samples_per_second", number(results.training().samplesPerSecond()));
    values.put("total_seconds", number(results.totalSeconds()));
    values.put("workers", Integer.toString(results.workers()));
    values.put("weights_sha256", escape(results.training().weightsSha256()));
    values.put("checkpoint", escape(results.training().checkpoint().toString()));
    values.put("steps", Long.toString(results.training().metrics().lastStep()));
    values.put("loss", image(lossPng, "Training loss by step"));
    values.put("drawn", figures(drawn));
    values.put("pictures", pictures(results.pictures()));
    values.put("picture_count", Integer.toString(results.pictures().size()));
    values.put("verdicts", verdicts(results.verdicts()));
    values.put("verdict_count", Integer.toString(results.verdicts().size()));
    values.put("services", escape(String.join(", ", results.services())));
    values.put("health", escape(results.health()));
    Files.writeString(file, fill(template(), values));
  }

  private static String template() throws IOException {
    try (InputStream in = RunPage.class.getResourceAsStream("run-page.html")) {
      if (in == null) {
        throw new IllegalStateException("the jar lacks run-page.html");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static String fill(String template, Map<String, String> values) {
    String page = template;
    for (Map.Entry<String, String> value : values.entrySet()) {
      page = page.replace("{{" + value.getKey() + "}}", value.getValue());
    }
    return page;
  }

  private static String figures(List<Path> drawn) throws IOException {
    StringBuilder html = new StringBuilder();
    for (Path png : drawn) {
      html.append("<figure>").append(image(png, "Held-out picture with answers"));
      html.append("</figure>\n");
    }
    return html.toString();
  }

  private static String pictures(List<Results.Picture> pictures) {
    return pictures.stream()
        .limit(SHOWN_PICTURES)
        .map(picture ->
            row(
                picture.right(),
                name(picture.record().images().getFirst()),
                picture.truth(),
                picture.base(),
                picture.tuned()))
        .collect(Collectors.joining("\n"));
  }

  /** Group and file: enough to find the picture. */
  private static String name(Path picture) {
    int names = picture.getNameCount();
    return picture.subpath(Math.max(0, names - 2), names).toString();
  }

  private static String verdicts(List<Results.Verdict> verdicts) {
    return verdicts.stream()
        .limit(SHOWN_VERDICTS)
        .map(verdict -> row(verdict.right(), verdict.group(), verdict.label(), verdict.answer()))
        .collect(Collectors.joining("\n"));
  }

  private static String row(boolean right, String... cells) {
    StringBuilder html = new StringBuilder(right ? "<tr class=\"right\">" : "<tr class=\"wrong\">");
    html.append("<td>").append(right ? "✓" : "✗").append("</td>");
    for (String cell : cells) {
      html.append("<td>").append(escape(cell).replace("\n", "<br>")).append("</td>");
    }
    return html.append("</tr>").toString();
  }

  private static String image(Path png, String alt) throws IOException {
    return "<img alt=\"%s\" src=\"%s\">".formatted(alt, DataUri.ofPng(png));
  }

  private static String percent(double share) {
    return String.format(Locale.ROOT, "%.1f %%", 100 * share);
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.1f", value);
  }

  static String escape(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }
}
