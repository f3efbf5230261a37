package io.lockstep.cli.report;

import io.lockstep.cli.report.RunReport.Answers;
import io.lockstep.data.conversation.ImageSource;
import io.lockstep.data.conversation.SameText;
import io.lockstep.data.image.DecodeLimits;
import io.lockstep.data.image.ImageDecoder;
import io.lockstep.data.image.PngFile;
import io.lockstep.data.jsonl.JsonlFile;
import io.lockstep.data.record.ImageRecord;
import io.lockstep.data.record.RecordReader;
import io.lockstep.datatools.overlay.Overlay;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What models say about held-out pictures: pictures with answers beside the truth, and verdicts.
 */
final class AnswerSections {

  private static final int SHOWN_PICTURES = 16;
  private static final int SHOWN_VERDICTS = 12;

  private AnswerSections() {}

  /** A held-out picture by its number, with what decides whether it is shown. */
  private record Item(int index, ImageRecord record, String group, boolean right) {}

  static String html(Path folder, Answers answers) throws IOException {
    return classes(answers) + pictures(folder, answers) + verdicts(answers);
  }

  private static String classes(Answers answers) {
    StringBuilder html =
        new StringBuilder("<h2>Errors by class</h2>\n<div class=\"scroll\"><table>");
    html.append(
        "<thead><tr><th>class</th><th class=\"n\">objects</th><th class=\"n\">missed</th>"
            + "<th class=\"n\">made up</th><th class=\"n\">found</th></tr></thead><tbody>");
    for (ClassErrors row : ClassErrors.of(answers.truths(), answers.tuned())) {
      html.append(
          "<tr><td lang=\"zh\">%s</td><td class=\"n\">%d</td><td class=\"n\">%d</td><td class=\"n\">%d</td><td class=\"n\">%s</td></tr>"
              .formatted(
                  Html.escape(row.name()),
                  row.truth(),
                  row.missed(),
                  row.extra(),
                  row.truth() == 0
                      ? "–"
                      : RunPage.percent(1 - (double) row.missed() / row.truth())));
    }
    return html.append("</tbody></table></div>\n").toString();
  }

  private static String pictures(Path folder, Answers answers) throws IOException {
    List<Item> items = items(folder, answers);
    List<Integer> shown =
        Spread.of(items, SHOWN_PICTURES, item -> item.right() + "/" + label(item.record()));
    StringBuilder html = new StringBuilder();
    html.append(
        "<h2>Stage-A: pictures that were held out</h2>\n<p>%d of %d pictures are shown, chosen across right and wrong answers, passed and failed groups.</p>\n<div class=\"cards\">\n"
            .formatted(shown.size(), items.size()));
    Overlay overlay = Overlay.create();
    ImageDecoder decoder = new ImageDecoder(DecodeLimits.DEFAULT);
    for (int number : shown) {
      Item item = items.get(number);
      Path image = item.record().images().getFirst();
      byte[] png =
          PngFile.encode(
              overlay.draw(
                  PngFile.buffered(decoder.decode(new ImageSource.File(image))),
                  item.record().objects(),
                  List.of(),
                  3));
      html.append(
          """
          <article class="card %s"><img alt="Held-out picture %s" src="%s">
          <div><h3>%s <span>%s</span></h3>
          <dl lang="zh"><dt>truth</dt><dd>%s</dd><dt>fine-tuned</dt><dd class="answer">%s</dd><dt>base model</dt><dd class="base">%s</dd></dl></div></article>
          """
              .formatted(
                  item.right() ? "right" : "wrong",
                  Html.escape(item.group()),
                  Html.embedded("image/png", png),
                  mark(item.right()),
                  Html.escape(item.group()),
                  Html.answer(answers.truths().get(item.index())),
                  Html.answer(answers.tuned().get(item.index())),
                  Html.answer(answers.base().get(item.index()))));
    }
    return html.append("</div>\n").toString();
  }

  private static List<Item> items(Path folder, Answers answers) {
    List<Item> items = new ArrayList<>();
    try (JsonlFile file = JsonlFile.open(folder.resolve(answers.heldOut()))) {
      for (long i = 0; i < file.size() && items.size() < answers.truths().size(); i++) {
        if (RecordReader.read(file, i) instanceof ImageRecord image) {
          int index = items.size();
          boolean right = SameText.same(answers.truths().get(index), answers.tuned().get(index));
          items.add(new Item(index, image, name(image.images().getFirst()), right));
        }
      }
    }
    return items;
  }

  /** The folder that a picture's group lies in: what is right to say of the group. */
  private static String label(ImageRecord record) {
    Path picture = record.images().getFirst();
    int names = picture.getNameCount();
    return names > 2 ? picture.getName(names - 3).toString() : "";
  }

  /** Group and file: enough to find the picture. */
  private static String name(Path picture) {
    int names = picture.getNameCount();
    return picture.subpath(Math.max(0, names - 3), names).toString();
  }

  private static String verdicts(Answers answers) {
    List<RunReport.Verdict> all = answers.verdicts();
    List<Integer> shown =
        Spread.of(all, SHOWN_VERDICTS, verdict -> verdict.right() + "/" + verdict.label());
    StringBuilder html = new StringBuilder();
    html.append(
        "<h2>Stage-B: verdicts on groups</h2>\n<p>%d of %d groups are shown, chosen across right and wrong verdicts, pass and fail.</p>\n<div class=\"scroll\"><table><thead><tr><th></th><th>group</th><th>label</th><th>answer</th></tr></thead><tbody>\n"
            .formatted(shown.size(), all.size()));
    for (int number : shown) {
      RunReport.Verdict verdict = all.get(number);
      html.append(
          "<tr><td>%s</td><td class=\"name\">%s</td><td>%s</td><td lang=\"zh\">%s</td></tr>%n"
              .formatted(
                  mark(verdict.right()),
                  Html.escape(verdict.group()),
                  Html.escape(verdict.label()),
                  Html.answer(verdict.answer())));
    }
    return html.append("</tbody></table></div>\n").toString();
  }

  private static String mark(boolean right) {
    String name = right ? "good" : "bad";
    return "<em class=\"%s\">%s</em>".formatted(name, right ? "✓" : "✗");
  }
}
