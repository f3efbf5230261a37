package io.lockstep.gateway;

import io.lockstep.data.conversation.Content;
import io.lockstep.data.conversation.Conversation;
import io.lockstep.data.conversation.ImageSource;
import io.lockstep.data.conversation.Message;
import io.lockstep.data.conversation.Role;
import io.lockstep.data.dataset.EmitNorm;
import io.lockstep.data.fusion.TrainedTasks;
import io.lockstep.data.image.DecodeLimits;
import io.lockstep.data.image.ImageDecoder;
import io.lockstep.data.prompt.Task;
import io.lockstep.gateway.serving.Alignment;
import io.lockstep.gateway.serving.ModelIdentity;
import io.lockstep.gateway.serving.ServedModel;
import io.lockstep.gateway.serving.TaskPrompts;
import io.lockstep.model.batch.Sample;
import io.lockstep.model.config.SamplingDefaults;
import io.lockstep.model.detect.FoundObject;
import io.lockstep.model.generate.DecodingOptions;
import io.lockstep.model.generate.EmptyGeneration;
import io.lockstep.model.generate.Generation;
import io.lockstep.model.generate.GenerationListener;
import io.lockstep.model.generate.GenerationRequest;
import io.lockstep.model.generate.Profile;
import io.lockstep.model.generate.Prompt;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * A model whose answer is a function of the conversation's flattened text: pictures appear in it as
 * {@code <name>}. Each character is a token, and the limit of new tokens cuts. It records its
 * batches and can be made to wait for a permit per batch.
 */
public final class FakeModel implements ServedModel {

  /** The sampling it recommends. */
  public static final SamplingDefaults RECOMMENDED = new SamplingDefaults(true, 0.7, 0.8, 20, 1.05);

  private final ImageDecoder decoder = new ImageDecoder(DecodeLimits.DEFAULT);
  private final ModelIdentity identity;
  private final Function<String, String> answer;
  private final Semaphore permits;
  private final Semaphore started = new Semaphore(0);
  private final List<List<String>> batches = Collections.synchronizedList(new ArrayList<>());
  private final List<List<DecodingOptions>> decodings =
      Collections.synchronizedList(new ArrayList<>());
  private volatile long bytesOfRow = 1;
  private volatile boolean detects;
  private volatile boolean dense;
  private volatile Consumer<GenerationRequest> preparing = request -> {};
  private final AtomicBoolean closed = new AtomicBoolean();

  private FakeModel(long steps, Function<String, String> answer, Semaphore permits) {
    this.identity =
        new ModelIdentity(
            Path.of("step-" + steps),
            "0f".repeat(32),
            steps,
            "fake",
            RECOMMENDED,
            new Alignment(Alignment.State.WITHIN_TOLERANCE, 1e-6, 3));
    this.answer = answer;
    this.permits = permits;
  }

  /** Answers at once. */
  public static FakeModel answering(long steps, Function<String, String> answer) {
    return new FakeModel(steps, answer, new Semaphore(Integer.MAX_VALUE));
  }

  /** Starts a batch only when it is given a permit. */
  public static FakeModel held(long steps, Function<String, String> answer) {
    return new FakeModel(steps, answer, new Semaphore(0));
  }

  /** The same, but each row of a batch is said to take so much memory. */
  public FakeModel taking(long bytes) {
    bytesOfRow = bytes;
    return this;
  }

  /** The same, but this happens when a request is prepared. */
  public FakeModel preparing(Consumer<GenerationRequest> happens) {
    preparing = happens;
    return this;
  }

  /** Lets this many held batches go. */
  public void permit(int count) {
    permits.release(count);
  }

  /** Blocks until this many more batches have begun. */
  public void awaitStarted(int count) {
    started.acquireUninterruptibly(count);
  }

  /** What was asked, batch by batch. */
  public List<List<String>> batches() {
    return List.copyOf(batches);
  }

  /** With which settings it was asked, batch by batch. */
  public List<List<DecodingOptions>> decodings() {
    return List.copyOf(decodings);
  }

  public boolean isClosed() {
    return closed.get();
  }

  @Override
  public ModelIdentity identity() {
    return identity;
  }

  @Override
  public TaskPrompts prompts() {
    TaskPrompts plain =
        new TaskPrompts() {
          @Override
          public Conversation ask(Task task, ImageSource picture, boolean untrained) {
            if (task == Task.DENSE && !dense && !untrained) {
              throw new IllegalArgumentException("the fake was never trained for dense answers");
            }
            return new Conversation(
                List.of(
                    new Message(
                        Role.USER,
                        List.of(
                            new Content.Image(picture),
                            new Content.Text(TrainedTasks.name(task))))));
          }

          @Override
          public EmitNorm emitNorm() {
            return EmitNorm.NORM100;
          }
        };
    return detects
        ? plain.detecting(picture ->
            new Conversation(List.of(new Message(Role.USER, List.of(new Content.Image(picture))))))
        : plain;
  }

  /** The same, trained for dense answers in hundredths, too. */
  public FakeModel dense() {
    dense = true;
    return this;
  }

  /** The same with a detection head: it finds a sure object and a doubtful one. */
  public FakeModel detecting() {
    detects = true;
    return this;
  }

  @Override
  public List<List<FoundObject>> detect(List<Prompt> asked) {
    return asked.stream()
        .map(_ ->
            List.of(
                new FoundObject(0.25, 0.5, 0.75, 1, 0.9, "bolt", 1),
                new FoundObject(0, 0, 1, 1, 0.1, "nut", 0)))
        .toList();
  }

  @Override
  public long preparationBytes(GenerationRequest request) {
    return 0;
  }

  /** Decodes pictures, and makes a token of each character. */
  @Override
  public Prompt prepare(GenerationRequest request, BooleanSupplier abandoned) throws IOException {
    preparing.accept(request);
    for (ImageSource picture : request.conversation().images()) {
      var _ = decoder.decode(picture);
    }
    int length = Math.max(1, flatten(request.conversation()).length());
    return new Prompt(request, Sample.prompt(request.name(), new int[length], List.of()));
  }

  @Override
  public long heldBytes(Prompt prompt) {
    return 0;
  }

  @Override
  public long passBytes(Profile profile, List<Prompt> prompts) {
    return prompts.size() * bytesOfRow;
  }

  @Override
  public void respond(List<Prompt> asked, Profile profile, GenerationListener listener) {
    List<GenerationRequest> requests = asked.stream().map(Prompt::request).toList();
    if (closed.get()) {
      throw new IllegalStateException("asked after close");
    }
    List<String> prompts =
        requests.stream().map(request -> flatten(request.conversation())).toList();
    batches.add(prompts);
    decodings.add(requests.stream().map(GenerationRequest::decoding).toList());
    started.release();
    permits.acquireUninterruptibly();
    for (int row = 0; row < prompts.size(); row++) {
      String whole = answer.apply(prompts.get(row));
      int most = requests.get(row).decoding().maxNewTokens();
      boolean ended = whole.length() < most;
      String text = ended ? whole : whole.substring(0, most);
      for (int i = 0; i < text.length(); i++) {
        listener.onText(row, text.substring(i, i + 1));
      }
      int length = prompts.get(row).length();
      listener.onEnd(
          row,
          text.isBlank()
              ? new EmptyGeneration(
                  requests.get(row).name(), length, text.length(), 2, "<|im_end|>", 0.75)
              : new Generation(text, Collections.nCopies(text.length(), 1), length, ended));
    }
  }

  @Override
  public void close() {
    closed.set(true);
  }

  private static String flatten(Conversation conversation) {
    StringBuilder text = new StringBuilder();
    for (Message message : conversation.messages()) {
      for (Content content : message.contents()) {
        text.append(
            switch (content) {
              case Content.Text(String words) -> words;
              case Content.Image(var source) -> "<" + source.name() + ">";
            });
      }
    }
    return text.toString();
  }
}
