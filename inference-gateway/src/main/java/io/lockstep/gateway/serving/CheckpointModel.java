package io.lockstep.gateway.serving;

import io.lockstep.data.conversation.Conversation;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.generate.Generation;
import io.lockstep.model.generate.GenerationOptions;
import io.lockstep.model.generate.Generator;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;

/** A checkpoint loaded as in training, answering through a cache of keys and values. */
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
          model, new ModelIdentity(dir, sha256, steps, model.config().modelType()), prompts);
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
  public List<Answer> respond(
      List<Conversation> conversations, int maxNewTokens, PieceListener listener) {
    try {
      return generator
          .generate(conversations, GenerationOptions.cached(maxNewTokens), listener::onPiece)
          .stream()
          .map(CheckpointModel::answer)
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e.getMessage(), e);
    }
  }

  @Override
  public void close() {
    model.close();
  }

  private static Answer answer(Generation generation) {
    return new Answer(generation.text(), generation.promptTokens(), generation.newTokens());
  }
}
