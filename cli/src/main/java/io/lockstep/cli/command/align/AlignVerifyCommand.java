package io.lockstep.cli.command.align;

import io.lockstep.cli.command.JsonOption;
import io.lockstep.cli.command.ModelOptions;
import io.lockstep.gateway.serving.CheckpointPrompts;
import io.lockstep.gateway.serving.TaskPrompts;
import io.lockstep.model.align.certificate.CertificateCheck;
import io.lockstep.model.align.certificate.ServedWords;
import io.lockstep.model.checkpoint.LoadedModel;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code lockstep align verify}. */
@Command(
    name = "verify",
    description = {
      "Recomputes a checkpoint's alignment certificate as the gateway does before it serves it: what"
          + " goes into the network exactly, then every layer as in training and as in serving.",
      "The last line is \"align: OK\" (exit 0) or \"align: DIFFERS\" (exit 1)."
    })
final class AlignVerifyCommand implements Callable<Integer> {

  @Mixin private ModelOptions model = new ModelOptions();

  @Mixin private JsonOption json = new JsonOption();

  @Override
  public Integer call() throws Exception {
    ServedWords words = TaskPrompts.served(CheckpointPrompts.read(model.folder()));
    try (LoadedModel loaded = model.open()) {
      return AlignCommand.print(
          CertificateCheck.run(
                  model.folder(), loaded, LoadedModel.storedSha256(model.folder()), words)
              .report(),
          json);
    }
  }
}
