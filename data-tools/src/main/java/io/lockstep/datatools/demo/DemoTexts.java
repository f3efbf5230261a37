package io.lockstep.datatools.demo;

import io.lockstep.data.conversation.Content;
import io.lockstep.data.conversation.Conversation;
import io.lockstep.data.conversation.Message;
import io.lockstep.data.dataset.DenseAnswer;
import io.lockstep.data.dataset.EmitNorm;
import io.lockstep.data.geometry.Geometry;
import io.lockstep.data.prompt.Prompts;
import io.lockstep.data.prompt.Task;
import io.lockstep.data.record.DataObject;
import io.lockstep.data.record.ImageRecord;
import io.lockstep.data.record.Origin;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Texts like those of demo records, to train a tokenizer on. */
public final class DemoTexts {

  private final long seed;
  private final ScenePainter painter;
  private final Prompts prompts = Prompts.defaults();

  private DemoTexts(long seed, ScenePainter painter) {
    this.seed = seed;
    this.painter = painter;
  }

  /**
   * The first {@code count} texts of a seed: prompts, inspection summaries, dense answers, Stage-B
   * conversations, plain captions, counted lists, questions and their answers, in turn. Iterating
   * again makes the same texts again.
   *
   * @throws IOException if the resources of the generator cannot be read
   */
  public static Iterable<String> corpus(long seed, int count) throws IOException {
    DemoTexts texts = new DemoTexts(seed, ScenePainter.load());
    return () ->
        IntStream.iterate(0, i -> i + 1).boxed().flatMap(texts::round).limit(count).iterator();
  }

  /** One text of each kind. */
  private Stream<String> round(int index) {
    Scene inspected = InspectionScenes.group(seed, Split.TEXT, index).scenes().getFirst();
    List<Item> plain = PlainScenes.scene(seed, Split.TEXT, index).items();
    return Stream.of(
            Stream.of(Task.values()).flatMap(this::request),
            Stream.of(InspectionWords.summary(inspected.items()), dense(inspected)),
            messages(DemoData.judgement(seed, index).conversation()),
            Stream.of(PlainWords.caption(plain), PlainWords.counted(plain)),
            messages(PlainQuestions.question(seed, index).conversation()))
        .flatMap(texts -> texts);
  }

  private Stream<String> request(Task task) {
    return messages(prompts.ask(task, List.of()));
  }

  private static Stream<String> messages(Conversation conversation) {
    return conversation.messages().stream()
        .map(Message::contents)
        .flatMap(List::stream)
        .map(content -> content instanceof Content.Text text ? text.text() : "");
  }

  private String dense(Scene scene) {
    List<Geometry> geometries = painter.paint(DemoStyle.INSPECTION, scene).geometries();
    List<DataObject> objects = new ArrayList<>();
    for (int i = 0; i < geometries.size(); i++) {
      objects.add(new DataObject(InspectionWords.desc(scene.items().get(i)), geometries.get(i)));
    }
    Path path = Path.of("corpus");
    return DenseAnswer.of(
        new ImageRecord(
            new Origin(path, 1),
            List.of(path),
            objects,
            Scene.SIZE,
            Scene.SIZE,
            Optional.empty(),
            Optional.empty()),
        EmitNorm.NORM1000);
  }
}
