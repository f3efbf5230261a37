package io.lockstep.cli.command;

import io.lockstep.cli.console.UserError;
import io.lockstep.data.draw.Note;
import io.lockstep.data.draw.Overlay;
import io.lockstep.data.jsonl.JsonlFile;
import io.lockstep.data.record.ImageRecord;
import io.lockstep.data.record.RecordReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code lockstep data show}. */
@Command(name = "show", description = "Draws a record's picture with its objects and summary.")
final class DataShowCommand implements Callable<Integer> {

  @Option(names = "--data", required = true, paramLabel = "FILE", description = "A JSONL file.")
  private Path data = Path.of("");

  @Option(
      names = "--index",
      required = true,
      paramLabel = "I",
      description = "The record, counted from 0.")
  private long index;

  @Option(names = "--out", required = true, paramLabel = "PNG", description = "Where to draw.")
  private Path out = Path.of("");

  @Override
  public Integer call() throws Exception {
    try (JsonlFile file = JsonlFile.open(data)) {
      if (index < 0 || index >= file.size()) {
        throw new UserError(
            "--index is %d, must be 0..%d: %s holds %d records"
                .formatted(index, file.size() - 1, data, file.size()));
      }
      if (!(RecordReader.read(file, index) instanceof ImageRecord image)) {
        throw new UserError("%s:%d: is a text: it has no picture".formatted(data, index + 1));
      }
      draw(image);
    }
    System.out.println(out);
    return 0;
  }

  private void draw(ImageRecord image) throws IOException {
    List<Note> notes =
        image.summary().stream().map(text -> new Note("summary", text, Note.Mark.NONE)).toList();
    Overlay.create().write(image.images().getFirst(), image.objects(), notes, out);
  }
}
