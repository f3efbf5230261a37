package io.lockstep.cli.quickstart;

import io.lockstep.cli.report.RunReport;
import java.nio.file.Path;

/** Where the files of a quickstart lie. */
public record QuickstartFolder(Path root) {

  public QuickstartFolder {
    root = root.toAbsolutePath().normalize();
  }

  /** A path as the report names it: from the root on. */
  String relative(Path path) {
    return root.relativize(path).toString();
  }

  Path data() {
    return root.resolve("data");
  }

  Path trainJsonl() {
    return data().resolve("train.jsonl");
  }

  Path heldOutJsonl() {
    return data().resolve("heldout.jsonl");
  }

  Path groups() {
    return data().resolve("groups");
  }

  Path recipe() {
    return root.resolve("recipe.yaml");
  }

  Path training() {
    return root.resolve("training");
  }

  Path logs() {
    return root.resolve("logs");
  }

  Path stageA() {
    return root.resolve("stage-a");
  }

  Path stageB() {
    return root.resolve("stage-b");
  }

  Path lossPlot() {
    return root.resolve("loss.png");
  }

  Path drawn(int number) {
    return root.resolve("picture-" + number + ".png");
  }

  /** The report, one HTML file that needs no other. */
  public Path page() {
    return root.resolve(RunReport.PAGE);
  }
}
