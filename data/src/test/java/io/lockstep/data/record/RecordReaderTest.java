package io.lockstep.data.record;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.data.conversation.Content;
import io.lockstep.data.conversation.ImageSource;
import io.lockstep.data.conversation.Message;
import io.lockstep.data.conversation.Role;
import io.lockstep.data.geometry.Geometry.Box;
import io.lockstep.data.geometry.Geometry.Polygon;
import io.lockstep.data.geometry.Geometry.Polyline;
import io.lockstep.data.geometry.Point;
import io.lockstep.data.jsonl.DataException;
import io.lockstep.data.jsonl.JsonlFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RecordReaderTest {

  @TempDir Path folder;

  @Test
  void readsAPictureWithObjects() throws IOException {
    DataRecord read =
        read(
            """
            {"images": ["images/a.png"], "width": 100, "height": 50, "summary": "一×1",
             "metadata": {"site": 3}, "objects": [
              {"desc": "BBU设备/品牌:华为", "bbox_2d": [1, 2, 30.5, 40]},
              {"desc": "组1: 标签/无法识别", "poly": [10, 0, 20, 0, 20, 9], "poly_points": 3},
              {"desc": "光纤", "line": [0, 0, 100, 50], "line_points": 2}]}
            """);
    ImageRecord image = assertInstanceOf(ImageRecord.class, read);
    assertEquals(List.of(folder.resolve("images/a.png")), image.images());
    assertEquals(100, image.width());
    assertEquals(50, image.height());
    assertEquals(Optional.of("一×1"), image.summary());
    assertEquals(Optional.of("{\"site\":3}"), image.metadata());
    assertEquals(
        List.of(
            new DataObject("BBU设备/品牌:华为", new Box(1, 2, 30.5, 40)),
            new DataObject(
                "组1: 标签/无法识别",
                new Polygon(List.of(new Point(10, 0), new Point(20, 0), new Point(20, 9)))),
            new DataObject("光纤", new Polyline(List.of(new Point(0, 0), new Point(100, 50))))),
        image.objects());
  }

  @Test
  void readsAConversation() throws IOException {
    DataRecord read =
        read(
            """
            {"messages": [
              {"role": "system", "content": "s"},
              {"role": "user", "content": [
                {"type": "image", "image": "x/b.png"}, {"type": "text", "text": "q"}]},
              {"role": "assistant", "content": "a"}], "images": ["x/b.png"]}
            """);
    ChatRecord chat = assertInstanceOf(ChatRecord.class, read);
    assertEquals(
        List.of(
            Message.text(Role.SYSTEM, "s"),
            new Message(
                Role.USER,
                List.of(
                    new Content.Image(new ImageSource.File(folder.resolve("x/b.png"))),
                    new Content.Text("q"))),
            Message.text(Role.ASSISTANT, "a")),
        chat.conversation().messages());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "'bbox_2d': [0, 0, 101, 51]",
        "'bbox_2d': [-1, -1, 5, 5]",
        "'bbox_2d': [5, 5, 5, 5]",
        "'poly': [0, 0, 9, 0, 9, 9, 0, 0]",
        "'poly': [0, 0, 9, 0, 9, 9, 0, 0], 'poly_points': 4",
        "'line': [0, 0, 9, 9]"
      })
  void acceptsGeometries(String geometry) throws IOException {
    read(withObject("'desc': 'd', " + geometry));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "'desc': 'd' | objects[0]: has no geometry",
        "'desc': 'd', 'bbox_2d': [0, 0, 1, 1], 'line': [0, 0, 1, 1] | objects[0]: has more than one",
        "'desc': 'd', 'quad': [0, 0, 1, 1] | objects[0].quad: unknown field",
        "'desc': 'd', 'bbox_2d': [0, 0, 1, 1], 'colour': 1 | objects[0].colour: unknown field",
        "'desc': 'd', 'bbox_2d': [0, 0, 1] | objects[0].bbox_2d: has an odd number",
        "'desc': 'd', 'bbox_2d': [0, 0, 1, 1, 2, 2] | objects[0].bbox_2d: needs 4 numbers",
        "'desc': 'd', 'bbox_2d': [3, 0, 1, 1] | objects[0].bbox_2d: is inverted",
        "'desc': 'd', 'bbox_2d': {} | objects[0].bbox_2d: must be a flat list",
        "'desc': 'd', 'bbox_2d': [0, 0, NaN, 1] | objects[0].bbox_2d: coordinate 2 must be a finite",
        "'desc': 'd', 'bbox_2d': [0, 0, 1e999, 1] | objects[0].bbox_2d: coordinate 2 must be a finite",
        "'desc': 'd', 'bbox_2d': [0, 0, '9', 1] | objects[0].bbox_2d: coordinate 2 must be a finite",
        "'desc': 'd', 'bbox_2d': [0, 0, 101.5, 1] | objects[0].bbox_2d: coordinate 2 (101.5) lies",
        "'desc': 'd', 'bbox_2d': [0, 0, 1, 52] | objects[0].bbox_2d: coordinate 3 (52) lies",
        "'desc': 'd', 'line': [0, -2, 1, 1] | objects[0].line: coordinate 1 (-2) lies",
        "'desc': 'd', 'poly': [0, 0, 9, 9] | objects[0].poly: needs at least 3",
        "'desc': 'd', 'poly': [0, 0, 9, 9, 0, 0] | objects[0].poly: needs at least 3",
        "'desc': 'd', 'poly': [0, 0, 9, 9, 0, 9, 1] | objects[0].poly: has an odd number",
        "'desc': 'd', 'line': [0, 0] | objects[0].line: needs at least 2",
        "'desc': 'd', 'poly': [0, 0, 9, 9, 0, 9], 'poly_points': 4 | objects[0].poly_points: is 4",
        "'desc': 'd', 'bbox_2d': [0, 0, 1, 1], 'line_points': 2 | objects[0].line_points: belongs to",
        "'bbox_2d': [0, 0, 1, 1] | objects[0].desc: is missing",
        "'desc': 3, 'bbox_2d': [0, 0, 1, 1] | objects[0].desc: must be a string",
        "'desc': '', 'bbox_2d': [0, 0, 1, 1] | objects[0].desc: is empty",
        "'desc': ' ', 'bbox_2d': [0, 0, 1, 1] | objects[0].desc: is empty",
        "'desc': 'a\\tb', 'bbox_2d': [0, 0, 1, 1] | objects[0].desc: holds a line break, tab",
        "'desc': 'a\\nb', 'bbox_2d': [0, 0, 1, 1] | objects[0].desc: holds a line break, tab",
        "'desc': 'a  b', 'bbox_2d': [0, 0, 1, 1] | objects[0].desc: holds two blanks",
        "'desc': 'a ,b', 'bbox_2d': [0, 0, 1, 1] | objects[0].desc: holds a blank beside ','",
        "'desc': 'a, b', 'bbox_2d': [0, 0, 1, 1] | objects[0].desc: holds a blank beside ','",
        "'desc': 'a/ b', 'bbox_2d': [0, 0, 1, 1] | objects[0].desc: holds a blank beside '/'",
        "'desc': 'a /b', 'bbox_2d': [0, 0, 1, 1] | objects[0].desc: holds a blank beside '/'"
      })
  void namesTheObjectAndTheFieldThatAreWrong(String object, String problem) {
    assertRefused(withObject(object), problem);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'objects': [], 'width': 1, 'height': 1} | images: must be a list of at least one",
        "{'images': [], 'objects': [], 'width': 1, 'height': 1} | images: must be a list of at",
        "{'images': ['a'], 'width': 1, 'height': 1} | objects: must be a list",
        "{'images': ['a'], 'objects': [], 'height': 1} | width: must be a positive whole",
        "{'images': ['a'], 'objects': [], 'width': 1, 'height': 0} | height: must be a positive",
        "{'images': ['a'], 'objects': [], 'width': 1.5, 'height': 1} | width: must be a positive",
        "{'images': ['a'], 'objects': [3], 'width': 1, 'height': 1} | objects[0]: must be a JSON",
        "{'images': ['a'], 'objects': [], 'width': 1, 'height': 1, 'summary': ''} | summary: must",
        "{'images': ['a'], 'objects': [], 'width': 1, 'height': 1, 'metadata': 1} | metadata: must",
        "{'images': ['a'], 'objects': [], 'width': 1, 'height': 1, 'label': 1} | label: unknown",
        "{'images': ['/a'], 'objects': [], 'width': 1, 'height': 1} | images[0]: is absolute",
        "{'images': ['x/../../a'], 'objects': [], 'width': 1, 'height': 1} | images[0]: leads out",
        "{'images': ['https://h/a.png'], 'objects': [], 'width': 1, 'height': 1} | images[0]: is a URL",
        "{'images': ['a', 3], 'objects': [], 'width': 1, 'height': 1} | images[1]: must be a path",
        "[] | must be a JSON object",
        "{'images': | is not valid JSON at column",
        "{} {} | is not valid JSON at column",
        "{'width': 1, 'width': 2} | is not valid JSON at column"
      })
  void namesTheFieldThatIsWrong(String json, String problem) {
    assertRefused(json, problem);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'messages': []} | messages: must be a non-empty list",
        "{'messages': [], 'width': 3} | width: unknown field",
        "{'messages': [USER, 4]} | messages[1]: must be a JSON object",
        "{'messages': [USER]} | messages: must end with an assistant message",
        "{'messages': [ASSISTANT]} | messages[0].role: is assistant where user must speak",
        "{'messages': [USER, USER]} | messages[1].role: is user where assistant must speak",
        "{'messages': [USER, ASSISTANT, {'role': 'tool', 'content': 'x'}]} | messages[2].role: must be",
        "{'messages': [{'role': 'user', 'content': ''}, ASSISTANT]} | messages[0].content: must be a",
        "{'messages': [{'role': 'user', 'content': 'x', 'name': 'n'}, ASSISTANT]} | messages[0].name: unk",
        "{'messages': [{'role': 'user', 'content': [{'type': 'image', 'url': 'a'}]}, ASSISTANT]} "
            + "| messages[0].content[0].url: unknown field",
        "{'messages': [{'role': 'user', 'content': [{'type': 'video', 'video': 'a'}]}, ASSISTANT]} "
            + "| messages[0].content[0].type: must be",
        "{'messages': [{'role': 'user', 'content': [{'type': 'image', 'image': 'http://h/a'}]}, "
            + "ASSISTANT]} | messages[0].content[0].image: is a URL",
        "{'messages': [USER, {'role': 'assistant', 'content': [{'type': 'image', 'image': 'a'}]}]} "
            + "| messages[1].content: only user messages",
        "{'messages': [USER, ASSISTANT], 'images': ['a.png']} | images: must name the pictures"
      })
  void namesTheMessageThatIsWrong(String json, String problem) {
    assertRefused(
        json.replace("USER", "{'role': 'user', 'content': 'q'}")
            .replace("ASSISTANT", "{'role': 'assistant', 'content': 'a'}"),
        problem);
  }

  @Test
  void listsAllProblemsOfARecordWithFileAndLine() throws IOException {
    Path path = folder.resolve("two.jsonl");
    Files.writeString(
        path, "{}\n" + json(withObject("'desc': '', 'bbox_2d': [0, 0, 1]")).strip() + "\n");
    try (JsonlFile file = JsonlFile.open(path)) {
      DataException e = assertThrows(DataException.class, () -> RecordReader.read(file, 1));
      assertEquals(2, e.problems().size());
      assertTrue(e.toString().contains(path + ":2: objects[0].desc: is empty"), e.toString());
      assertTrue(e.toString().contains(path + ":2: objects[0].bbox_2d: has an odd"), e.toString());
    }
  }

  private void assertRefused(String json, String problem) {
    DataException e = assertThrows(DataException.class, () -> read(json));
    assertTrue(e.toString().contains(".jsonl:1: " + problem), e.toString());
  }

  private DataRecord read(String json) throws IOException {
    Path path = folder.resolve("data.jsonl");
    Files.writeString(path, json(json));
    try (JsonlFile file = JsonlFile.open(path)) {
      return RecordReader.read(file, 0);
    }
  }

  private static String withObject(String fields) {
    return "{'images': ['a.png'], 'width': 100, 'height': 50, 'objects': [{" + fields + "}]}";
  }

  private static String json(String text) {
    return text.replace("\n", "").replace('\'', '"');
  }
}
