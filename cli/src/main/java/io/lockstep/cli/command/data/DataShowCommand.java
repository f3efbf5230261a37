package io.lockstep.cli.command.data;

import io.lockstep.cli.command.BaseConfigOption;
import io.lockstep.cli.command.Numbers;
import io.lockstep.cli.console.UsageError;
import io.lockstep.cli.console.UserError;
import io.lockstep.data.augment.Progress;
import io.lockstep.data.conversation.ImageSource;
import io.lockstep.data.dataset.AugmentedRecord;
import io.lockstep.data.dataset.RecordAugmenter;
import io.lockstep.data.image.DecodeLimits;
import io.lockstep.data.image.ImageDecoder;
import io.lockstep.data.image.PngFile;
import io.lockstep.data.image.RgbImage;
import io.lockstep.data.jsonl.JsonlFile;
import io.lockstep.data.record.ImageRecord;
import io.lockstep.data.record.RecordReader;
import io.lockstep.datatools.overlay.Note;
import io.lockstep.datatools.overlay.Overlay;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code lockstep data show}. */
@Command(
    name = "show",
    description = {
      "Draws a record's picture with its objects and summary; with --config also, beside it, what"
          + " augmentation makes of it.",
      "--count shows several records on one sheet, augmented only if --config is there."
    })
final class DataShowCommand implements Callable<Integer> {

  private static final int MOST_RECORDS = 100;

  @Option(names = "--data", required = true, paramLabel = "FILE", description = "A JSONL file.")
  private Path data = Path.of("");

  @Option(
      names = "--index",
      converter = Numbers.LongAmount.class,
      required = true,
      paramLabel = "I",
      description = "The record, counted from 0.")
  private long index;

  @Option(
      names = "--count",
      converter = Numbers.Count.class,
      paramLabel = "N",
      defaultValue = "1",
      description = "How many records from that one on (default: ${DEFAULT-VALUE}).")
  private int count;

  @Option(
      names = "--columns",
      converter = Numbers.Count.class,
      paramLabel = "N",
      defaultValue = "4",
      description = "Pictures in a row of a sheet (default: ${DEFAULT-VALUE}).")
  private int columns;

  @Option(
      names = "--zoom",
      converter = Numbers.Count.class,
      paramLabel = "N",
      defaultValue = "4",
      description = "Small pictures are enlarged so many times (default: ${DEFAULT-VALUE}).")
  private int zoom;

  @Option(names = "--out", required = true, paramLabel = "PNG", description = "Where to draw.")
  private Path out = Path.of("");

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "A file with 'augmentation:', or a recipe that has it.")
  private @Nullable Path config;

  @Mixin private BaseConfigOption base = new BaseConfigOption();

  @Option(
      names = "--seed",
      paramLabel = "S",
      defaultValue = "0",
      description = "Seed of augmentation (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Option(
      names = "--epoch",
      converter = Numbers.LongAmount.class,
      paramLabel = "E",
      defaultValue = "0",
      description = "Pass over the data that augmentation is for (default: ${DEFAULT-VALUE}).")
  private long epoch;

  @Override
  public Integer call() throws Exception {
    if (count > MOST_RECORDS) {
      throw new UsageError("--count must be 1 to %d, not %d".formatted(MOST_RECORDS, count));
    }
    Path augmentation = config;
    if (augmentation == null) {
      base.requireNone();
    }
    @Nullable RecordAugmenter augmenter =
        augmentation == null ? null : AugmenterOption.read(augmentation, base.file(), seed);
    try (JsonlFile file = JsonlFile.open(data)) {
      Overlay overlay = Overlay.create();
      List<BufferedImage> sheets = new ArrayList<>();
      for (long at = index; at < index + count; at++) {
        ImageRecord image = read(file, at);
        if (augmenter == null || count == 1) {
          sheets.add(sheet(overlay, image, decoded(image)));
        }
        if (augmenter != null) {
          AugmentedRecord augmented = augmenter.apply(image, epoch, at, Progress.END);
          sheets.add(sheet(overlay, augmented.record(), augmented.pictures().getFirst()));
        }
      }
      Overlay.write(sheets.size() == 1 ? sheets.getFirst() : Overlay.tiled(sheets, columns), out);
    }
    System.out.println(out);
    return 0;
  }

  private ImageRecord read(JsonlFile file, long at) {
    if (at < 0 || at >= file.size()) {
      throw new UserError(
          "--index is %d, must be 0..%d: %s holds %d records"
              .formatted(at, file.size() - 1, data, file.size()));
    }
    if (!(RecordReader.read(file, at) instanceof ImageRecord image)) {
      throw new UserError("%s:%d: is a text: it has no picture".formatted(data, at + 1));
    }
    return image;
  }

  private static RgbImage decoded(ImageRecord image) throws IOException {
    return new ImageDecoder(DecodeLimits.DEFAULT)
        .decode(new ImageSource.File(image.images().getFirst()));
  }

  private BufferedImage sheet(Overlay overlay, ImageRecord image, RgbImage picture) {
    List<Note> notes =
        image.summary().stream().map(text -> new Note("summary", text, Note.Mark.NONE)).toList();
    return overlay.draw(PngFile.buffered(picture), image.objects(), notes, zoom);
  }
}
