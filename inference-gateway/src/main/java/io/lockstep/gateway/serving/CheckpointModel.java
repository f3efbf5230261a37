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
   * Loads the checkpoint in a folder; libtorch must have been started.
   *
   * @param steps committed training steps it holds; 0 if no run of ours wrote it
   * @throws UncheckedIOException naming what is missing or wrong in it
   */
  public static CheckpointModel open(Path dir, long steps) {
    try {
      TaskPrompts prompts = TaskPrompts.of(CheckpointPrompts.read(dir));
      String sha256 = LoadedModel.storedSha256(dir);
      LoadedModel model = LoadedModel.open(dir);
      return new CheckpointModel(
          model,
          new ModelIdentity(
              dir, sha256, steps, model.config().modelType(), model.generationConfig().sampling()),
          prompts);
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
