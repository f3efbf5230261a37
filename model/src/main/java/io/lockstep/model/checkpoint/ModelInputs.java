package io.lockstep.model.checkpoint;

import io.lockstep.model.adapter.AdapterConfig;
import io.lockstep.model.budget.TokenBudget;
import io.lockstep.model.chat.ChatTemplate;
import io.lockstep.model.chat.TemplateCheck;
import io.lockstep.model.config.GenerationConfig;
import io.lockstep.model.encode.SampleEncoder;
import io.lockstep.model.family.ModelFamilies;
import io.lockstep.model.image.ImageOptions;
import io.lockstep.model.image.ImageProcessor;
import io.lockstep.model.network.ModelConfig;
import io.lockstep.model.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What makes a model's inputs, without its weights: configuration, tokenizer and encoder.
 *
 * @param encoder keeps as many vision tokens as the checkpoint was trained with
 * @param tokenBudget how many these are
 */
public record ModelInputs(
    ModelConfig config,
    GenerationConfig generationConfig,
    ImageProcessor images,
    Tokenizer tokenizer,
    SampleEncoder encoder,
    TokenBudget tokenBudget)
    implements AutoCloseable {

  /**
   * Reads a model's or an adapter's folder.
   *
   * @throws IOException if a file is missing or does not fit
   */
  public static ModelInputs open(Path folder) throws IOException {
    Tuning tuning = AdapterConfig.isIn(folder) ? new Tuning.StoredAdapter(folder) : Tuning.full();
    return open(AdapterBase.modelOf(folder), tuning);
  }

  /**
   * Reads a model's folder.
   *
   * @throws IOException if a file is missing or does not fit
   */
  public static ModelInputs open(Path folder, Tuning tuning) throws IOException {
    CheckpointFiles.require(folder, false);
    TrainedRun run = TrainedRun.of(folder, tuning);
    ModelConfig config =
        tuning
            .config(ModelFamilies.read(folder.resolve(CheckpointFiles.CONFIG)))
            .computingIn(run.computeType())
            .attendingBy(run.attention());
    GenerationConfig stored = GenerationConfig.of(folder);
    VisionSettings vision = VisionSettings.read(folder, tuning);
    ImageProcessor images =
        ImageProcessor.of(tuning.stored().filter(ImageOptions::isIn).orElse(folder));
    Tokenizer tokenizer = Tokenizer.open(folder);
    try {
      images.options().requireMatch(config.vision());
      TokenIds.require(folder, config.text().vocabSize(), tokenizer, stored);
      ChatTemplate template = ChatTemplate.of(tokenizer, config);
      GenerationConfig generationConfig = stored.endingAt(template.endOfMessage());
      TemplateCheck.require(template, folder);
      Optional<Path> adapter = tuning.stored();
      if (adapter.isPresent()) {
        TemplateCheck.require(template, adapter.get());
        AdapterBase.requireSameTokens(adapter.get(), tokenizer);
      }
      SampleEncoder encoder =
          new SampleEncoder(template, images, config.vision().spatialMergeSize(), run.limit(config))
              .withBudget(vision.tokenBudget());
      return new ModelInputs(
          config, generationConfig, images, tokenizer, encoder, vision.tokenBudget());
    } catch (IOException | RuntimeException e) {
      tokenizer.close();
      throw e;
    }
  }

  @Override
  public void close() {
    tokenizer.close();
  }
}
