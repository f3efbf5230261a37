package io.lockstep.gateway.serving;

import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.generate.GenerationListener;
import io.lockstep.model.generate.GenerationRequest;
import io.lockstep.model.generate.Generator;
import io.lockstep.model.generate.Profile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;

/** A checkpoint loaded as in training. */
public final class CheckpointModel implements ServedModel {

  private final LoadedModel model;
  private final Generator generator;
  private final ModelIdentity identity;
  private final TaskPrompts prompts;

  private CheckpointModel(LoadedModel model, ModelIdentity identity, TaskPrompts prompts) {
    this.model = model;
    this.generator = model.generator();
    this.identity = identity;
    this.prompts = prompts;
  }

  /**
   * Loads the checkpoint in a folder and recomputes its alignment certificate; libtorch must have
   * been started.
   *
   * @param steps committed training steps it holds; 0 if no run of ours wrote it
   * @param certificateRequired whether it is refused without a certificate
   * @throws MisalignedException if serving would not compute what training computed
   * @throws UncheckedIOException naming what is missing or wrong in it
   */
  public static CheckpointModel open(Path dir, long steps, boolean certificateRequired) {
    try {
      TaskPrompts prompts = TaskPrompts.of(CheckpointPrompts.read(dir));
      String sha256 = LoadedModel.storedSha256(dir);
      LoadedModel model = LoadedModel.open(dir);
      try {
        Alignment alignment =
            CertificateGate.check(dir, model, sha256, prompts, certificateRequired);
        return new CheckpointModel(
            model,
            new ModelIdentity(
                dir,
                sha256,
                steps,
                model.config().modelType(),
                model.generationConfig().sampling(),
                alignment),
            prompts);
      } catch (IOException | RuntimeException e) {
        model.close();
        throw e;
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e.getMessage(), e);
    }
  }

  @Override
  public ModelIdentity identity() {
    return identity;
  }

  @Override
  public TaskPrompts prompts() {
    return prompts;
  }

  @Override
  public void respond(
      List<GenerationRequest> requests, Profile profile, GenerationListener listener) {
    try {
      var _ = generator.answer(requests, profile, listener);
    } catch (IOException e) {
      throw new UncheckedIOException(e.getMessage(), e);
    }
  }

  @Override
  public void close() {
    model.close();
  }
}
