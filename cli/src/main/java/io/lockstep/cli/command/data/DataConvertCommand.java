package io.lockstep.cli.command.data;

import io.lockstep.cli.command.JsonOption;
import io.lockstep.cli.console.JsonLine;
import io.lockstep.cli.console.UserError;
import io.lockstep.datatools.convert.CocoConverter;
import io.lockstep.datatools.convert.ConversionException;
import io.lockstep.datatools.convert.ConversionReport;
import io.lockstep.datatools.convert.FolderConverter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code lockstep data convert}. */
@Command(
    name = "convert",
    description = "Brings data of another layout into the contract; says what was left out.")
final class DataConvertCommand implements Callable<Integer> {

  /** Layouts that can be converted. */
  enum Source {
    coco,
    folder
  }

  @Option(
      names = "--from",
      required = true,
      paramLabel = "LAYOUT",
      description =
          "coco: annotations in a COCO JSON file; folder: a folder per class, or pictures with a"
              + " .txt summary each.")
  private Source from = Source.folder;

  @Option(names = "--annotations", paramLabel = "FILE", description = "coco: the JSON file.")
  private @Nullable Path annotations;

  @Option(
      names = "--images",
      required = true,
      paramLabel = "DIR",
      description = "The folder of the pictures, which are copied.")
  private Path images = Path.of("");

  @Mixin private DataCommand.NewFolder out = new DataCommand.NewFolder();

  @Mixin private JsonOption json = new JsonOption();

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    ConversionReport report;
    try {
      report = convert();
    } catch (ConversionException e) {
      throw new UserError(String.valueOf(e.getMessage()), e);
    }
    for (ConversionReport.Remark remark : report.remarks()) {
      System.out.printf("%6d  %s (first: %s)%n", remark.count(), remark.what(), remark.example());
    }
    System.out.printf(
        "%s: %d records with %d objects%n", report.jsonl(), report.records(), report.objects());
    json.print(json(report));
    return 0;
  }

  private ConversionReport convert() throws IOException, ConversionException {
    Path file = annotations;
    return switch (from) {
      case coco -> {
        if (file == null) {
          throw usage("--from coco needs --annotations FILE");
        }
        yield CocoConverter.convert(file, images, out.path());
      }
      case folder -> {
        if (file != null) {
          throw usage("--from folder takes no --annotations");
        }
        yield FolderConverter.convert(images, out.path());
      }
    };
  }

  private ParameterException usage(String message) {
    CommandSpec own = spec;
    if (own == null) {
      throw new IllegalStateException("picocli sets the specification");
    }
    return new ParameterException(own.commandLine(), message);
  }

  private static JsonLine json(ConversionReport report) {
    List<Map<String, Object>> remarks =
        report.remarks().stream()
            .map(remark ->
                Map.<String, Object>of(
                    "what", remark.what(), "count", remark.count(), "example", remark.example()))
            .toList();
    return new JsonLine()
        .put("data", report.jsonl().toString())
        .put("records", report.records())
        .put("objects", report.objects())
        .put("remarks", remarks);
  }
}
