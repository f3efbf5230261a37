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
import io.lockstep.model.network.AttentionKernels;
import io.lockstep.model.network.Computing;
import io.lockstep.model.network.KeptWeights;
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
import java.util.Set;
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
  private final ModelConfig config;
  private VisionSettings vision;
  private ImageOptions pictures;
  private final KeptWeights packed;
  private final TrainableModel trainable;
  private final Originals originals;
  private final boolean isTrained;

  private LoadedModel(
      Path folder,
      ModelInputs inputs,
      ModelConfig config,
      Parameters parameters,
      TrainableModel trainable,
      Originals originals,
      boolean isTrained) {
    this.folder = folder;
    this.inputs = inputs;
    this.config = config;
    this.parameters = parameters;
    this.trainable = trainable;
    this.packed = new KeptWeights(config, trainable::inference);
    this.originals = originals;
    this.isTrained = isTrained;
    this.vision = new VisionSettings(inputs.tokenBudget());
    this.pictures = inputs.images().options();
    this.collator =
        new Collator(
            inputs.generationConfig().padTokenId(),
            config.imageTokenId(),
            config.vision().spatialMergeSize());
  }

  /** The float32 values of parameters that are held rounded. */
  private record Originals(Set<String> rounded, ParameterValues.Source source) {}

  /**
   * How a model is opened.
   *
   * @param stored whether its weights are loaded; else the seed decides them
   * @param computing how it computes; as its run did, if absent
   * @param isTrained whether anything is trained, or computed for checks of training
   */
  private record Opening(
      boolean stored, long seed, Tuning tuning, Optional<Computing> computing, boolean isTrained) {

    ParameterValues.Source source(Path folder, ModelConfig config, ParameterLayout layout) {
      Optional<Tuning.NewHead> head =
          tuning instanceof Tuning.Full full ? full.head() : Optional.empty();
      return stored
          ? () -> new ModelWeights(config).open(folder, layout, head)
          : () -> WeightInitialiser.values(seed);
    }

    HeldTypes types(ModelConfig config) throws IOException {
      return isTrained
          ? HeldTypes.ofTraining(config, tuning)
          : HeldTypes.ofInference(config, tuning);
    }

    /** How many of the first parameters of a layout are trained. */
    int trained(ParameterLayout layout) {
      return isTrained && tuning instanceof Tuning.Full full
          ? layout.without(full.frozen()).slots().size()
          : 0;
    }
  }

  /**
   * Loads a model, or a model with the adapter that a folder holds, to compute with it as it is: in
   * bfloat16, if its run computed in bfloat16, with weights that are held in bfloat16.
   *
   * @throws IOException if a file is missing or does not fit; the message lists everything that is
   *     wrong
   */
  public static LoadedModel open(Path folder) throws IOException {
    return open(
        AdapterBase.modelOf(folder),
        new Opening(true, 0, tuningOf(folder), Optional.empty(), false));
  }

  /** The same computing otherwise than its run did. */
  public static LoadedModel open(Path folder, Computing computing) throws IOException {
    return open(
        AdapterBase.modelOf(folder),
        new Opening(true, 0, tuningOf(folder), Optional.of(computing), false));
  }

  /**
   * The same model as training sees it, with everything that can be trained of it in float32, for
   * gradients.
   */
  public static LoadedModel openTrainable(Path folder) throws IOException {
    return open(AdapterBase.modelOf(folder), tuningOf(folder));
  }

  private static Tuning tuningOf(Path folder) {
    return AdapterConfig.isIn(folder) ? new Tuning.StoredAdapter(folder) : Tuning.full();
  }

  /**
   * Loads a model for a training that changes some of it.
   *
   * @throws IOException if a file is missing or does not fit; the message lists everything that is
   *     wrong
   */
  public static LoadedModel open(Path folder, Tuning tuning) throws IOException {
    return open(folder, new Opening(true, 0, tuning, Optional.empty(), true));
  }

  /** The same computing as the training says. */
  public static LoadedModel open(Path folder, Tuning tuning, Computing computing)
      throws IOException {
    return open(folder, new Opening(true, 0, tuning, Optional.of(computing), true));
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
    return open(folder, new Opening(false, seed, tuning, Optional.empty(), true));
  }

  /** The same computing as the training says. */
  public static LoadedModel initialise(Path folder, long seed, Tuning tuning, Computing computing)
      throws IOException {
    return open(folder, new Opening(false, seed, tuning, Optional.of(computing), true));
  }

  private static LoadedModel open(Path folder, Opening opening) throws IOException {
    CheckpointFiles.require(folder, opening.stored());
    ModelInputs inputs = ModelInputs.open(folder, opening.tuning());
    try {
      ModelConfig config =
          opening
              .computing()
              .map(computing -> computing.of(inputs.config()))
              .orElseGet(() -> AttentionKernels.available(inputs.config()));
      ParameterLayout layout = opening.tuning().layout(config.layout());
      ParameterValues.Source source = opening.source(folder, config, layout);
      Parameters parameters;
      Originals originals;
      try (ParameterValues values = source.open()) {
        HeldParameters loaded = new HeldParameters(values, opening.types(config));
        parameters = loaded.load(layout, opening.trained(layout));
        originals = new Originals(loaded.rounded(), source);
      }
      TrainableModel trainable = tune(folder, opening, config, parameters, originals);
      return new LoadedModel(
          folder, inputs, config, parameters, trainable, originals, opening.isTrained());
    } catch (IOException | RuntimeException e) {
      inputs.close();
      throw e;
    }
  }

  private static TrainableModel tune(
      Path folder, Opening opening, ModelConfig config, Parameters parameters, Originals originals)
      throws IOException {
    try (OriginalWeights weights =
        OriginalWeights.of(
            parameters, parameters.layout(), originals.rounded(), originals.source())) {
      TrainableModel trainable = TrainableModel.of(opening.tuning(), folder, parameters, weights);
      return opening.isTrained() ? trainable : trainable.held(config.computeType());
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
    if (!isTrained && config.computeType() != Dtype.FLOAT32) {
      throw new IllegalStateException(
          "%s was opened to compute with, with weights that are rounded to %s: what is saved is opened for training"
              .formatted(folder, config.computeType().publicName()));
    }
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

  /**
   * The base model's weights in float32 as they were loaded, for what is measured in float32
   * whatever the model computes in; to be closed.
   */
  public OriginalWeights originals() throws IOException {
    return OriginalWeights.of(
        parameters, parameters.layout(), originals.rounded(), originals.source());
  }

  /** What is trained of the model, and the weights to compute with. */
  public TrainableModel trainable() {
    return trainable;
  }

  /** The network to compute with where nothing is trained: base model and adapter, if any. */
  public VisionLanguageModel network() {
    return isTrained
        ? new VisionLanguageModel(config(), trainable.inference())
        : new VisionLanguageModel(config(), trainable.inference(), packed);
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
    packed.close();
    trainable.close();
    inputs.close();
  }
}
