package io.lockstep.cli.cluster;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lockstep.datatools.demo.DemoData;
import io.lockstep.datatools.demo.DemoOptions;
import io.lockstep.datatools.demo.DemoStyle;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A run that takes seconds: a random model of two layers on forty drawn pictures. */
public record TinyRun(Path folder) {

  private static final Path BASE = Path.of("..", "base-model");
  private static final int STEPS = 6;

  /** Draws the data and makes the model folder. */
  public static TinyRun create(Path folder) throws IOException {
    TinyRun run = new TinyRun(folder);
    DemoData.generate(
        run.data(), DemoOptions.of(40, 5, DemoStyle.INSPECTION).withTexts(10).withHeldout(2));
    run.writeModel();
    run.recipe("tiny.yaml", run.data().resolve("train.jsonl"), STEPS);
    return run;
  }

  Path data() {
    return folder.resolve("data");
  }

  Path recipe() {
    return folder.resolve("tiny.yaml");
  }

  int steps() {
    return STEPS;
  }

  /** Writes a recipe over some training file; returns its path. */
  Path recipe(String name, Path trainJsonl, int steps) throws IOException {
    return Files.writeString(
        folder.resolve(name),
        """
        global_max_length: 400
        model: {model: %s, weights: initialise}
        data: {train_jsonl: %s, template: target_summary}
        training: {run_name: tiny, seed: 7, max_steps: %d, per_device_train_batch_size: 8, gradient_accumulation_steps: 1, logging_steps: 1, learning_rate: 0.001}
        tuner: {train_type: full, freeze_vit: false, freeze_aligner: false}
        """
            .formatted(folder.resolve("model"), trainJsonl, steps));
  }

  /** A recipe for a model whose checkpoint needs more room than any disk has: petabytes. */
  Path giantRecipe() throws IOException {
    Path giant = Files.createDirectory(folder.resolve("giant"));
    ObjectMapper json = new ObjectMapper();
    Path own = folder.resolve("model").resolve("config.json");
    ObjectNode config = (ObjectNode) json.readTree(own.toFile());
    ((ObjectNode) config.get("text_config"))
        .put("intermediate_size", Integer.MAX_VALUE)
        .put("num_hidden_layers", 20_000);
    json.writeValue(giant.resolve("config.json").toFile(), config);
    String recipe = Files.readString(recipe());
    return Files.writeString(
        folder.resolve("giant.yaml"),
        recipe.replace("model: " + folder.resolve("model"), "model: " + giant));
  }

  /** The shipped base model's tokenizer with a far smaller network. */
  private void writeModel() throws IOException {
    Path model = Files.createDirectories(folder.resolve("model"));
    for (String name :
        List.of(
            "generation_config.json",
            "preprocessor_config.json",
            "tokenizer.json",
            "tokenizer_config.json")) {
      Files.copy(BASE.resolve(name), model.resolve(name));
    }
    ObjectMapper json = new ObjectMapper();
    ObjectNode config = (ObjectNode) json.readTree(BASE.resolve("config.json").toFile());
    ObjectNode text = (ObjectNode) config.get("text_config");
    text.put("hidden_size", 32)
        .put("intermediate_size", 64)
        .put("num_hidden_layers", 2)
        .put("num_attention_heads", 2)
        .put("num_key_value_heads", 1)
        .put("head_dim", 16);
    ((ObjectNode) text.get("rope_parameters")).putArray("mrope_section").add(4).add(2).add(2);
    ObjectNode vision = (ObjectNode) config.get("vision_config");
    vision
        .put("hidden_size", 32)
        .put("intermediate_size", 64)
        .put("depth", 2)
        .put("num_heads", 2)
        .put("out_hidden_size", 32)
        .putArray("deepstack_visual_indexes")
        .add(0);
    json.writeValue(model.resolve("config.json").toFile(), config);
  }
}
