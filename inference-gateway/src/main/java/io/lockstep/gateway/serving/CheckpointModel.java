package io.lockstep.gateway.serving;

import io.lockstep.data.conversation.Content;
import io.lockstep.data.conversation.ImageSource;
import io.lockstep.data.fusion.TrainedTasks;
import io.lockstep.data.image.DecodeLimits;
import io.lockstep.data.image.ImageHeader;
import io.lockstep.data.image.RgbImage;
import io.lockstep.data.prompt.Task;
import io.lockstep.model.batch.Sample;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.context.ContextLimit;
import io.lockstep.model.detect.FoundObject;
import io.lockstep.model.encode.SampleEncoder;
import io.lockstep.model.generate.GenerationListener;
import io.lockstep.model.generate.GenerationRequest;
import io.lockstep.model.generate.Generator;
import io.lockstep.model.generate.PassBytes;
import io.lockstep.model.generate.Profile;
import io.lockstep.model.generate.Prompt;
import io.lockstep.model.image.Grid;
import io.lockstep.model.image.Patches;
import io.lockstep.model.network.AttentionKernels;
import io.lockstep.tensor.Dtype;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A checkpoint loaded as in training. */
public final class CheckpointModel implements ServedModel {

  private static final Logger log = LoggerFactory.getLogger(CheckpointModel.class);

  /** Memory that a character takes while the tokenizer has it. */
  private static final long TEXT_BYTES = 256;

  private final LoadedModel model;
  private final Generator generator;
  private final SampleEncoder encoder;
  private final ContextLimit limit;
  private final ModelIdentity identity;
  private final TaskPrompts prompts;

  private CheckpointModel(
      LoadedModel model, ContextLimit limit, ModelIdentity identity, TaskPrompts prompts) {
    this.model = model;
    this.limit = limit;
    this.generator = model.generator();
    this.encoder = model.encoder();
    this.identity = identity;
    this.prompts = prompts;
  }

  /** Loads the checkpoint in a folder, which may be asked for all that it takes. */
  public static CheckpointModel open(Path dir, long steps, CertificatePolicy policy) {
    return open(dir, steps, policy, OptionalInt.empty());
  }

  /**
   * Loads the checkpoint in a folder and recomputes its alignment certificate; libtorch must have
   * been started.
   *
   * @param steps committed training steps it holds; 0 if no run of ours wrote it
   * @param policy whether it is refused without a certificate
   * @param maxModelLen most tokens of prompt and answer together, if less than the model takes
   * @throws IllegalArgumentException if the model takes less than {@code maxModelLen}
   * @throws MisalignedException if serving would not compute what training computed
   * @throws UncheckedIOException naming what is missing or wrong in it
   */
  public static CheckpointModel open(
      Path dir, long steps, CertificatePolicy policy, OptionalInt maxModelLen) {
    try {
      TrainedTasks trained = CheckpointPrompts.read(dir);
      for (Task task : Task.values()) {
        trained.severalWordings(task).ifPresent(several -> log.warn("{}: {}", dir, several));
      }
      TaskPrompts prompts = TaskPrompts.of(trained);
      String sha256 = LoadedModel.storedSha256(dir);
      LoadedModel model = LoadedModel.open(dir);
      try {
        log.info(
            "{} computes in {}; {}",
            dir,
            model.config().computeType().publicName(),
            AttentionKernels.of(model.config()));
        ContextLimit whole = model.encoder().limit();
        ContextLimit limit =
            maxModelLen.isPresent() ? whole.servedUpTo(maxModelLen.getAsInt()) : whole;
        Alignment alignment =
            CertificateGate.check(dir, model, sha256, TaskPrompts.served(trained), policy);
        return new CheckpointModel(
            model,
            limit,
            new ModelIdentity(
                dir,
                sha256,
                steps,
                model.config().modelType(),
                model.generationConfig().sampling(),
                alignment),
            model.detector().map(detector -> prompts.detecting(detector::show)).orElse(prompts));
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
  public long preparationBytes(GenerationRequest request) throws IOException {
    long kept = 0;
    long reading = 0;
    for (ImageSource source : request.conversation().images()) {
      ImageHeader header = ImageHeader.of(source, DecodeLimits.DEFAULT);
      Grid grid = encoder.grid(header.width(), header.height());
      kept += (long) grid.patches() * patchBytes();
      long narrowed =
          (long) grid.w()
              * model.config().vision().patchSize()
              * header.height()
              * RgbImage.CHANNELS;
      reading = Math.max(reading, header.decodingBytes() + narrowed);
    }
    return kept + reading + TEXT_BYTES * textLength(request);
  }

  private static long textLength(GenerationRequest request) {
    return request.conversation().messages().stream()
        .flatMap(message -> message.contents().stream())
        .mapToLong(content -> content instanceof Content.Text(String text) ? text.length() : 0)
        .sum();
  }

  @Override
  public Prompt prepare(GenerationRequest asked, BooleanSupplier abandoned) throws IOException {
    int length = encoder.promptLength(asked.conversation());
    GenerationRequest request = asked.within(limit, length);
    limit.require(request.name(), length, request.decoding().maxNewTokens());
    List<Patches> patches = new ArrayList<>();
    for (ImageSource source : request.conversation().images()) {
      if (abandoned.getAsBoolean()) {
        throw new CancellationException();
      }
      RgbImage picture = encoder.decode(source);
      patches.addAll(encoder.process(source.name(), List.of(picture)));
    }
    Sample sample = encoder.prompt(request.name(), request.conversation(), patches);
    return new Prompt(request, sample);
  }

  @Override
  public long heldBytes(Prompt prompt) {
    return prompt.sample().images().stream()
        .mapToLong(picture -> Dtype.FLOAT32.bytes(picture.pixels().length))
        .sum();
  }

  private long patchBytes() {
    return Dtype.FLOAT32.bytes(model.config().vision().patchValues());
  }

  @Override
  public long passBytes(Profile profile, List<Prompt> prompts) {
    return PassBytes.of(model.config(), profile, prompts);
  }

  @Override
  public void respond(List<Prompt> prompts, Profile profile, GenerationListener listener) {
    var _ = generator.answerPrompts(prompts, profile, listener);
  }

  @Override
  public List<List<FoundObject>> detect(List<Prompt> prompts) {
    return model.detector().orElseThrow().find(prompts.stream().map(Prompt::sample).toList());
  }

  @Override
  public void close() {
    model.close();
  }

  /** A checkpoint with which serving would not compute what training computed; never served. */
  public static final class MisalignedException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public MisalignedException(String message) {
      super(message);
    }
  }
}
