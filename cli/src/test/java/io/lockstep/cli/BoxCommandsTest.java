package io.lockstep.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.lockstep.data.geometry.Geometry.Box;
import io.lockstep.data.image.PngFile;
import io.lockstep.data.image.RgbImage;
import io.lockstep.data.score.DetectionScores;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.checkpoint.Tuning;
import io.lockstep.model.detection.DetectionConfig;
import io.lockstep.model.testing.GoldenFamily;
import io.lockstep.tensor.Torch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code generate --boxes} and {@code eval --boxes} on a tiny model with an untrained head. */
class BoxCommandsTest {

  private static final int PICTURES = 3;
  private static final int QUERIES = 6;
  private static final Box TRUTH = new Box(20, 10, 70, 40);

  @TempDir private static Path model;
  @TempDir private Path folder;

  @BeforeAll
  static void save() throws IOException {
    Torch.start(1);
    DetectionConfig head = new DetectionConfig(QUERIES, 1, 2, 16, List.of("bolt", "nut"), "Look.");
    Tuning tuning = new Tuning.Full(Set.of(), Optional.of(new Tuning.NewHead(head, 3)));
    try (LoadedModel untrained = LoadedModel.open(GoldenFamily.QWEN3_VL.checkpoint(), tuning)) {
      untrained.save(model);
    }
  }

  @BeforeEach
  void draw() throws IOException {
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < PICTURES; i++) {
      byte[] rgb = new byte[100 * 50 * 3];
      new SplittableRandom(i).nextBytes(rgb);
      PngFile.write(new RgbImage(100, 50, rgb), folder.resolve(i + ".png"));
      lines.append(
          """
          {"images": ["%d.png"], "width": 100, "height": 50, "objects": [{"desc": "%s", "bbox_2d": [20, 10, 70, 40]}]}
          """
              .formatted(i, i == 0 ? "nut/rusty" : "bolt"));
    }
    Files.writeString(folder.resolve("data.jsonl"), lines);
  }

  private JsonNode found(int picture) throws IOException {
    Said said =
        Said.by(
            "generate",
            "--model",
            model.toString(),
            "--boxes",
            "--min-score",
            "0",
            "--image",
            folder.resolve(picture + ".png").toString());
    assertEquals(0, said.exit(), said.err());
    return said.json();
  }

  @Test
  void everyPictureHasALineWithItsBoxesInPixels() throws IOException {
    JsonNode line = found(0);
    assertEquals(100, line.get("width").asInt());
    assertEquals(QUERIES, line.get("boxes").size());
    double before = 1;
    for (JsonNode box : line.get("boxes")) {
      JsonNode corners = box.get("bbox_2d");
      assertTrue(corners.get(0).asDouble() >= 0 && corners.get(2).asDouble() <= 100);
      assertTrue(corners.get(1).asDouble() >= 0 && corners.get(3).asDouble() <= 50);
      assertTrue(box.get("score").asDouble() <= before, "the surest come first");
      before = box.get("score").asDouble();
      assertTrue(List.of("bolt", "nut").contains(box.get("caption").asText()));
    }
    Said sure =
        Said.by(
            "generate",
            "--model",
            model.toString(),
            "--boxes",
            "--min-score",
            "1",
            "--image",
            folder.resolve("0.png").toString());
    assertEquals(0, sure.json().get("boxes").size());
  }

  @Test
  void theScoresAreThoseOfTheBoxesThatAreFound() throws IOException {
    List<DetectionScores.Image> images = new ArrayList<>();
    for (int i = 0; i < PICTURES; i++) {
      List<DetectionScores.Detection> detections = new ArrayList<>();
      for (JsonNode box : found(i).get("boxes")) {
        JsonNode at = box.get("bbox_2d");
        detections.add(
            new DetectionScores.Detection(
                new Box(
                    at.get(0).asDouble(),
                    at.get(1).asDouble(),
                    at.get(2).asDouble(),
                    at.get(3).asDouble()),
                box.get("score").asDouble(),
                box.get("caption").asText().equals("bolt") ? 0 : 1));
      }
      images.add(
          new DetectionScores.Image(
              detections, List.of(new DetectionScores.Truth(TRUTH, i == 0 ? 1 : 0))));
    }
    DetectionScores wanted = DetectionScores.of(images);
    Said said =
        Said.by(
            "eval",
            "--model",
            model.toString(),
            "--boxes",
            "--data",
            folder.resolve("data.jsonl").toString(),
            "--json");
    assertEquals(0, said.exit(), said.err());
    // A batch of pictures is computed with other roundings than each alone.
    assertEquals(wanted.meanIou(), said.json().get("mean_iou").asDouble(), 1e-4);
    assertEquals(wanted.ap50(), said.json().get("ap50").asDouble(), 1e-4);
    assertEquals(wanted.ap5095(), said.json().get("ap50_95").asDouble(), 1e-4);
    assertEquals(PICTURES, said.json().get("objects").asInt());
    assertTrue(wanted.meanIou() > 0);
  }

  @Test
  void whatCanNotBeFoundIsSaid() {
    String image = folder.resolve("0.png").toString();
    String headless = GoldenFamily.QWEN3_VL.checkpoint().toString();
    Said none = Said.by("generate", "--model", headless, "--boxes", "--image", image);
    assertNotEquals(0, none.exit());
    assertTrue(none.err().contains("has no detection head"), none.err());
    Said asked =
        Said.by(
            "generate", "--model", model.toString(), "--boxes", "--image", image, "--prompt", "x");
    assertEquals(2, asked.exit());
    assertTrue(asked.err().contains("--boxes needs --image"), asked.err());
    Said nothing = Said.by("generate", "--model", model.toString(), "--image", image);
    assertEquals(2, nothing.exit());
    assertTrue(nothing.err().contains("--prompt is missing"), nothing.err());
  }
}
