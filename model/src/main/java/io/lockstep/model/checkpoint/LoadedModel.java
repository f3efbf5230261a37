package io.lockstep.model.checkpoint;

import io.lockstep.model.adapter.Adapter;
import io.lockstep.model.adapter.AdapterConfig;
import io.lockstep.model.adapter.AdapterFile;
import io.lockstep.model.batch.Collator;
import io.lockstep.model.budget.TokenBudget;
import io.lockstep.model.config.GenerationConfig;
import io.lockstep.model.detect.Detector;
import io.lockstep.model.detection.DetectionFile;
import io.lockstep.model.encode.SampleEncoder;
import io.lockstep.model.generate.Generator;
import io.lockstep.model.image.ImageOptions;
import io.lockstep.model.network.ModelConfig;
import io.lockstep.model.network.VisionLanguageModel;
import io.lockstep.model.parameter.ParameterLayout;
import io.lockstep.model.parameter.Parameters;
import io.lockstep.model.safetensors.DType;
import io.lockstep.model.safetensors.SafetensorsFile;
import io.lockstep.model.safetensors.StoredFile;
import io.lockstep.model.safetensors.TensorDigest;
import io.lockstep.model.safetensors.TensorSource;
import io.lockstep.model.tokenizer.Tokenizer;
import io.lockstep.tensor.Buffer;
import io.lockstep.tensor.Dtype;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A model with all that belongs to it: configuration, parameters, tokenizer, chat template and
 * image processor, loaded from one folder in the public layout. Workers and gateways load models
 * through this class alone.
 */
public final class LoadedModel implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(LoadedModel.class);
  private final Path folder;
  private final ModelInputs inputs;
  private final Collator collator;
  private final Parameters parameters;
  private ModelConfig config;
  private VisionSettings vision;
  private ImageOptions pictures;
  private final TrainableModel trainable;

  private LoadedModel(
      Path folder, ModelInputs inputs, Parameters parameters, TrainableModel trainable) {
    this.folder = folder;
    this.inputs = inputs;
    this.parameters = parameters;
    this.config = inputs.config();
    this.vision = new VisionSettings(inputs.tokenBudget());
    this.pictures = inputs.images().options();
    this.trainable = trainable;
    this.collator =
        new Collator(
            inputs.generationConfig().padTokenId(),
            inputs.config().imageTokenId(),
            inputs.config().vision().spatialMergeSize());
  }

  /** Where a model's parameters come from. */
  @FunctionalInterface
  private interface ParameterSource {
    Parameters of(ModelConfig config, ParameterLayout layout) throws IOException;
  }

  /**
   * Loads a model, or a model with the adapter that a folder holds.
   *
   * @throws IOException if a file is missing or does not fit; the message lists everything that is
   *     wrong
   */
  public static LoadedModel open(Path folder) throws IOException {
    return open(
        AdapterBase.modelOf(folder),
        AdapterConfig.isIn(folder) ? new Tuning.StoredAdapter(folder) : Tuning.full());
  }

  /**
   * Loads a model for a training that changes some of it.
   *
   * @throws IOException if a file is missing or does not fit; the message lists everything that is
   *     wrong
   */
  public static LoadedModel open(Path folder, Tuning tuning) throws IOException {
    return open(
        folder,
        true,
        tuning,
        (config, layout) ->
            new ModelWeights(config)
                .read(
                    folder,
                    layout,
                    tuning instanceof Tuning.Full full ? full.head() : Optional.empty()));
  }

  /**
   * Makes a model of a folder's configuration and tokenizer with random weights that the seed
   * decides.
   */
  public static LoadedModel initialise(Path folder, long seed) throws IOException {
    return initialise(folder, seed, Tuning.full());
  }

  /** The same for a training that changes some of it. */
  public static LoadedModel initialise(Path folder, long seed, Tuning tuning) throws IOException {
    return open(
        folder,
        false,
        tuning,
        (config, layout) -> {
          Parameters parameters = new Parameters(layout);
          WeightInitialiser.fill(parameters, seed);
          return parameters;
        });
  }

  private static LoadedModel open(
      Path folder, boolean weights, Tuning tuning, ParameterSource source) throws IOException {
    CheckpointFiles.require(folder, weights);
    ModelInputs inputs = ModelInputs.open(folder, tuning);
    try {
      ModelConfig config = inputs.config();
      Parameters parameters = source.of(config, tuning.layout(config.layout()));
      TrainableModel trainable = tune(tuning, folder, parameters);
      return new LoadedModel(folder, inputs, parameters, trainable);
    } catch (IOException | RuntimeException e) {
      inputs.close();
      throw e;
    }
  }

  private static TrainableModel tune(Tuning tuning, Path folder, Parameters parameters)
      throws IOException {
    try {
      return TrainableModel.of(tuning, folder, parameters);
    } catch (IOException | RuntimeException e) {
      parameters.close();
      throw e;
    }
  }

  /**
   * SHA-256 over the stored tensors of a folder in name order, in hexadecimal: a model's weights,
   * or an adapter's tensors.
   */
  public static String storedSha256(Path folder) throws IOException {
    try (TensorSource tensors =
        AdapterConfig.isIn(folder)
            ? SafetensorsFile.open(folder.resolve(AdapterFile.FILE_NAME))
            : TensorSource.openFolder(folder)) {
      return TensorDigest.sha256(tensors);
    }
  }

  /**
   * Writes the weights in float32 and copies the companion files into another folder, where {@code
   * generation_config.json} names the chat template's end among the ends; of a model with an
   * adapter the adapter alone, in the public format, which names this model's folder and the digest
   * of its weights. Returns the files' names.
   */
  public List<String> save(Path target) throws IOException {
    return save(target, ModelWeights.MAX_SHARD_BYTES);
  }

  /** Saves with shards of at most so many bytes. */
  List<String> save(Path target, long maxShardBytes) throws IOException {
    return save(target, trainable.trained(), maxShardBytes).stream().map(StoredFile::path).toList();
  }

  /**
   * Saves with other values of what is trained, for example a copy that no further step changes;
   * from any one thread. The files are synced.
   *
   * @param trained laid out as what is trained
   */
  public List<StoredFile> save(Path target, Parameters trained) throws IOException {
    return save(target, trained, ModelWeights.MAX_SHARD_BYTES);
  }

  private List<StoredFile> save(Path target, Parameters trained, long maxShardBytes)
      throws IOException {
    List<StoredFile> files = new ArrayList<>();
    List<String> names = new ArrayList<>();
    if (trainable.adapter().isPresent()) {
      String base = folder.toAbsolutePath().normalize().toString();
      files.add(trainable.adapter().get().write(target, trained, base, trainable.baseSha256()));
      names.add(AdapterConfig.FILE_NAME);
      names.add(vision.writeAlways(target));
      names.addAll(savePictures(target));
    } else {
      files.addAll(
          new ModelWeights(config())
              .write(target, parameters.layout(), trainable.with(trained), maxShardBytes));
      names.addAll(CheckpointFiles.copy(folder, target));
      if (config().detection().isPresent()) {
        names.add(DetectionFile.write(target, config().detection().get()));
      }
      vision.write(target).ifPresent(names::add);
      savePictures(target).stream().filter(name -> !names.contains(name)).forEach(names::add);
      generationConfig().declareEnds(target.resolve(GenerationConfig.FILE_NAME));
      if (!names.contains(GenerationConfig.FILE_NAME)) {
        names.add(GenerationConfig.FILE_NAME);
      }
      StoredType.declare(target.resolve(CheckpointFiles.CONFIG), DType.F32);
    }
    for (String name : names) {
      files.add(StoredFile.sync(target, name));
    }
    return List.copyOf(files);
  }

  /**
   * Reads values [start, start + n) of the flat buffer of what is trained from a checkpoint of a
   * run like this one: a model's weights, or an adapter.
   *
   * @param values room for n float32 values; gaps between parameters become zero
   * @throws IOException if the checkpoint holds another model or adapter; the message lists
   *     everything that does not fit
   */
  public void readTrained(Path checkpoint, long start, Buffer values) throws IOException {
    ParameterLayout trained = trainable.trained().layout();
    if (trainable.adapter().isPresent()) {
      Adapter adapter = trainable.adapter().get();
      try (SafetensorsFile tensors = AdapterFile.open(checkpoint, adapter.plan())) {
        AdapterBase.requireMatch(checkpoint, AdapterFile.baseSha256(tensors), folder);
        adapter.requireSameHalves(tensors);
        FlatRange.read(tensors, trained, name -> name, start, values);
      }
    } else {
      new ModelWeights(config()).readRange(checkpoint, parameters.layout(), trained, start, values);
    }
    trainable.changed();
  }

  /** The folder the model was loaded from. */
  public Path folder() {
    return folder;
  }

  /** The configuration, with the type that is computed in. */
  public ModelConfig config() {
    return config;
  }

  /**
   * Computes in another type than the one that the model was trained in, or in float32 where no run
   * of ours trained it. What is trained stays float32.
   *
   * @throws IllegalArgumentException if it is neither float32 nor bfloat16
   */
  public void computeIn(Dtype type) {
    config = config.computingIn(type);
  }

  /**
   * Ends, padding and recommended sampling; the end of the chat template's messages is always among
   * the ends.
   */
  public GenerationConfig generationConfig() {
    return inputs.generationConfig();
  }

  /** The tokenizer. */
  public Tokenizer tokenizer() {
    return inputs.tokenizer();
  }

  /** From conversations to samples, with the token budget in force. */
  public SampleEncoder encoder() {
    return inputs.encoder().withPictures(pictures).withBudget(vision.tokenBudget());
  }

  /** The token budget in force: the one the checkpoint was trained with unless it was replaced. */
  public TokenBudget tokenBudget() {
    return vision.tokenBudget();
  }

  /**
   * Replaces the token budget: encoders and generators made from now on use it, and it is saved
   * with the model.
   *
   * @param why who asked for it, for the log
   */
  public void replaceTokenBudget(TokenBudget budget, String why) {
    if (!budget.equals(inputs.tokenBudget())) {
      LOG.warn(
          "TOKEN BUDGET REPLACED by {}: {} of a picture's vision tokens are kept; {} was trained"
              + " with {}",
          why,
          budget.share(),
          folder,
          inputs.tokenBudget().share());
    }
    vision = new VisionSettings(budget);
  }

  /** How pictures are resized and cut: as the model's files tell it unless it was replaced. */
  public ImageOptions pictures() {
    return pictures;
  }

  /**
   * Replaces the limits of a picture's size: encoders and generators made from now on use them, and
   * they are saved with the model.
   *
   * @param min pixels that a picture has at least; the model's own if it is absent
   * @param max pixels that it has at most; likewise
   * @param why who asked for it, for the log
   * @throws IllegalArgumentException if there is no size between them
   */
  public void replacePixelLimits(Optional<Integer> min, Optional<Integer> max, String why) {
    ImageOptions other = pictures.withLimits(min, max);
    if (!other.equals(pictures)) {
      LOG.warn(
          "PICTURE SIZES REPLACED by {}: {} to {} pixels; {} has {} to {}",
          why,
          other.minPixels(),
          other.maxPixels(),
          folder,
          pictures.minPixels(),
          pictures.maxPixels());
    }
    pictures = other;
  }

  private List<String> savePictures(Path target) throws IOException {
    return pictures.equals(ImageOptions.of(folder)) ? List.of() : pictures.replaceIn(target);
  }

  /** From samples to batches. */
  public Collator collator() {
    return collator;
  }

  /** The parameters; those of the base model if there is an adapter. */
  public Parameters parameters() {
    return parameters;
  }

  /** What is trained of the model, and the weights to compute with. */
  public TrainableModel trainable() {
    return trainable;
  }

  /** The network to compute with where nothing is trained: base model and adapter, if any. */
  public VisionLanguageModel network() {
    return new VisionLanguageModel(config(), trainable.inference());
  }

  /** A generator over this model; one caller at a time. */
  public Generator generator() {
    return new Generator(
        network(), encoder(), collator, tokenizer(), generationConfig().eosTokenIds());
  }

  /** What finds objects with this model; none if it has no detection head. One caller at a time. */
  public Optional<Detector> detector() {
    return config().detection().map(head -> new Detector(network(), collator, head));
  }

  @Override
  public void close() {
    trainable.close();
    inputs.close();
  }
}
