package io.lockstep.cli.command.align;

import io.lockstep.cli.command.JsonOption;
import io.lockstep.cli.command.ModelOptions;
import io.lockstep.model.align.reference.ReferenceCheck;
import io.lockstep.model.checkpoint.LoadedModel;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code lockstep align check}. */
@Command(
    name = "check",
    description = {
      "Compares a model with a reference folder: tokens, labels, positions and pixels exactly;"
          + " activations, logits, loss and gradients within a stated limit; generated tokens"
          + " exactly.",
      "The last line is \"align: OK\" (exit 0) or \"align: DIFFERS\" (exit 1)."
    })
final class AlignCheckCommand implements Callable<Integer> {

  @Mixin private ModelOptions model = new ModelOptions();

  @Option(
      names = "--reference",
      required = true,
      paramLabel = "DIR",
      description =
          "A folder with cases.json, forward.safetensors and, if there is one,"
              + " gradients.safetensors, as \"align dump\" writes it. Pictures are looked for in its"
              + " images folder and in that beside it.")
  private Path reference = Path.of("");

  @Mixin private JsonOption json = new JsonOption();

  @Override
  public Integer call() throws Exception {
    try (LoadedModel loaded = model.openTrainable()) {
      return AlignCommand.print(ReferenceCheck.run(loaded, reference), json);
    }
  }
}
