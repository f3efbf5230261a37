package io.lockstep.model.checkpoint;

import io.lockstep.model.adapter.AdapterConfig;
import io.lockstep.model.chat.ChatTemplate;
import io.lockstep.model.config.ModelConfig;
import io.lockstep.model.encode.SampleEncoder;
import io.lockstep.model.image.ImageProcessor;
import io.lockstep.model.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;

/** What a checkpoint makes of conversations, without its weights. */
public final class StoredEncoder implements AutoCloseable {

  private final Tokenizer tokenizer;
  private final SampleEncoder encoder;

  private StoredEncoder(Tokenizer tokenizer, SampleEncoder encoder) {
    this.tokenizer = tokenizer;
    this.encoder = encoder;
  }

  /**
   * Opens a model's or an adapter's folder.
   *
   * @throws IOException if a file is missing or does not fit; the message lists everything that is
   *     wrong
   */
  public static StoredEncoder open(Path folder) throws IOException {
    Path model = AdapterBase.modelOf(folder);
    Tuning tuning = AdapterConfig.isIn(folder) ? new Tuning.StoredAdapter(folder) : Tuning.full();
    CheckpointFiles.require(model, false);
    ModelConfig config = ModelConfig.read(model.resolve("config.json"));
    VisionSettings vision = VisionSettings.read(model, tuning);
    ImageProcessor images = ImageProcessor.read(model.resolve("preprocessor_config.json"));
    images.options().requireMatch(config.vision());
    Tokenizer tokenizer = Tokenizer.open(model);
    try {
      ChatTemplate template = ChatTemplate.of(tokenizer, config);
      SampleEncoder encoder =
          new SampleEncoder(template, images, config.vision().spatialMergeSize());
      return new StoredEncoder(tokenizer, encoder.withBudget(vision.tokenBudget()));
    } catch (RuntimeException e) {
      tokenizer.close();
      throw e;
    }
  }

  /** From conversations to samples; valid until this is closed. */
  public SampleEncoder encoder() {
    return encoder;
  }

  @Override
  public void close() {
    tokenizer.close();
  }
}
