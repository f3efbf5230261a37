package io.lockstep.data.preprocess;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.config.ConfigException;
import io.lockstep.config.ConfigReader;
import io.lockstep.config.ConfigWriter;
import io.lockstep.config.Key;
import io.lockstep.config.Vocabulary;
import io.lockstep.data.geometry.Geometry;
import io.lockstep.data.jsonl.DataException;
import io.lockstep.data.record.DataObject;
import io.lockstep.data.record.ImageRecord;
import io.lockstep.data.record.Origin;
import io.lockstep.data.record.SummaryText;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PreprocessingTest {

  private static final List<DataObject> OBJECTS =
      List.of(
          object("标签/1", 0, 0, 40, 20),
          object("标签牌", 0, 0, 3, 2),
          object("光纤", 10, 10, 30, 12),
          object("标签", 5, 5, 8, 8));

  private static DataObject object(String desc, double x1, double y1, double x2, double y2) {
    return new DataObject(desc, new Geometry.Box(x1, y1, x2, y2));
  }

  private static ImageRecord record(Optional<String> summary) {
    return new ImageRecord(
        new Origin(Path.of("train.jsonl"), 7),
        List.of(Path.of("a.png")),
        OBJECTS,
        100,
        100,
        summary,
        Optional.empty());
  }

  private static String summary(List<DataObject> objects) {
    return SummaryText.of(objects.stream().map(DataObject::desc).toList());
  }

  record Data(
      @Key(value = "All of them.", kinds = Preprocessors.class) List<Preprocessor> preprocessors) {}

  private static Data data(String yaml) throws ConfigException {
    return ConfigReader.read(
        Data.class, yaml, new ConfigReader.Origin("test", Path.of(""), false), Vocabulary.NONE);
  }

  private static Preprocessing read(String list) throws ConfigException {
    return new Preprocessing(data("preprocessors: " + list).preprocessors());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "[{\"name\": \"keep_classes\", \"params\": {\"classes\": [\"标签\"]}}] | 标签/1 标签",
        "[{\"name\": \"drop_classes\", \"params\": {\"classes\": [\"标签\", \"光纤\"]}}] | 标签牌",
        "[{\"name\": \"rename_class\", \"params\": {\"from\": \"标签\", \"to\": \"铭牌/纸\"}}] | 铭牌/纸/1 标签牌 光纤 铭牌/纸",
        "[{\"name\": \"drop_small\", \"params\": {\"min_side\": 20}}] | 标签/1 光纤",
        "[\"drop_small\"] | 标签/1 光纤",
        "[{\"name\": \"drop_small\", \"params\": {\"min_side\": 20}}, {\"name\": \"keep_classes\", \"params\": {\"classes\": [\"光纤\"]}}] | 光纤",
      })
  void objectsAreChangedInOrderAndTheSummaryWithThem(String list, String expected)
      throws ConfigException {
    Preprocessing preprocessing = read(list);
    ImageRecord in = record(Optional.of(summary(OBJECTS)));
    ImageRecord out = preprocessing.apply(in, true);
    assertEquals(
        List.of(expected.split(" ")), out.objects().stream().map(DataObject::desc).toList());
    assertEquals(Optional.of(summary(out.objects())), out.summary());
    assertEquals(in.origin(), out.origin());
    assertEquals(
        preprocessing,
        new Preprocessing(
            data(ConfigWriter.yaml(new Data(preprocessing.steps()))).preprocessors()));
    assertEquals(out, preprocessing.apply(in, false));
  }

  @Test
  void whatAppliesToNothingChangesNothing() throws ConfigException {
    ImageRecord byAPerson = record(Optional.of("三个标签"));
    assertSame(
        byAPerson,
        read("[{\"name\": \"drop_classes\", \"params\": {\"classes\": [\"螺丝\"]}}]")
            .apply(byAPerson, true));
    assertSame(byAPerson, Preprocessing.NONE.apply(byAPerson, true));
  }

  @Test
  void aSummaryThatWouldBecomeUntrueIsRefusedWhereItIsTaughtAndForgottenElsewhere()
      throws ConfigException {
    ImageRecord byAPerson = record(Optional.of("三个标签"));
    Preprocessing preprocessing =
        read("[{\"name\": \"keep_classes\", \"params\": {\"classes\": [\"标签\"]}}]");
    String message = refusal(preprocessing, byAPerson);
    assertTrue(message.contains("train.jsonl:7: summary: was written by a person"), message);
    assertEquals(Optional.empty(), preprocessing.apply(byAPerson, false).summary());
  }

  @Test
  void aSummaryOfNothingIsRefused() throws ConfigException {
    ImageRecord derived = record(Optional.of(summary(OBJECTS)));
    Preprocessing preprocessing =
        read("[{\"name\": \"keep_classes\", \"params\": {\"classes\": [\"螺丝\"]}}]");
    String message = refusal(preprocessing, derived);
    assertTrue(message.contains("train.jsonl:7: objects: are all left out"), message);
    ImageRecord empty = preprocessing.apply(derived, false);
    assertEquals(List.of(), empty.objects());
    assertEquals(Optional.empty(), empty.summary());
  }

  private static String refusal(Preprocessing preprocessing, ImageRecord record) {
    return String.valueOf(
        assertThrows(DataException.class, () -> preprocessing.apply(record, true)).getMessage());
  }

  @Test
  void allThatIsWrongIsSaidAtOnce() {
    String list =
        """
        - drop_smal
        - {name: keep_classes, params: {clases: [a]}}
        - {name: rename_class, params: {from: a, to: b /c}}
        - {name: drop_small, params: {min_side: 0}}
        - {a: 1, b: 2}
        """;
    List<String> problems =
        assertThrows(ConfigException.class, () -> data("preprocessors:\n" + list)).lines();
    assertEquals(
        List.of(
            "test:2: preprocessors[0]: unknown preprocessor 'drop_smal': did you mean 'drop_small'?",
            "test:3: preprocessors[1].params.classes is missing: it must be a list of at least one text",
            "test:3: unknown key preprocessors[1].params.clases: did you mean 'classes'?"),
        problems.subList(0, 3));
    assertTrue(
        problems.get(3).startsWith("test:4: preprocessors[2].params.to would be written, which"),
        problems.get(3));
    assertEquals(
        List.of(
            "test:5: preprocessors[3].params.min_side must be between 1 and 1048576, not 0",
            "test:6: preprocessors[4] must be the name of one preprocessor, or its name and params, for instance `{name: keep_classes, params: {classes: [BBU]}}`"),
        problems.subList(4, problems.size()));
  }

  @Test
  void aListThatSaysNothingIsRefused() {
    List<String> problems = assertThrows(ConfigException.class, () -> read("[]")).problems();
    assertEquals(
        List.of(
            "preprocessors must be a list with at least one preprocessor, for instance `- {name: keep_classes, params: {classes: [BBU]}}`"),
        problems);
  }
}
