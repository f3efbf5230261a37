package io.lockstep.cli.cluster;

import io.lockstep.datatools.demo.DemoData;
import io.lockstep.datatools.demo.DemoOptions;
import io.lockstep.datatools.demo.DemoStyle;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import javax.imageio.ImageIO;

/**
 * What somebody has who reads the pages: the repository with its launchers, in {@code my} pictures,
 * data and a recipe, and in {@code runs/my} a run of that recipe, which trained an adapter.
 */
record ReadersDesk(Path folder) implements AutoCloseable {

  private static final String BASE = "base-model";

  private static final String RECIPE =
      """
      global_max_length: 400
      model: {model: ../base-model}
      data: {train_jsonl: train.jsonl, val_jsonl: heldout.jsonl, val_records: 2, template: target_summary}
      training: {run_name: my, max_steps: 3, per_device_train_batch_size: 2, gradient_accumulation_steps: 2, save_steps: 2}
      tuner: {train_type: lora, target_modules: [all-linear], freeze_llm: false}
      """;

  private static final String SWIFT_SCRIPT =
      """
      swift sft --model ../base-model --dataset train.jsonl --val_dataset heldout.jsonl \\
        --train_type lora --lora_rank 8 --max_length 400 --learning_rate 1e-4 --deepspeed zero2
      """;

  /** Draws the data and trains. */
  static ReadersDesk create(Path folder, Path repository) throws IOException, InterruptedException {
    ReadersDesk desk = new ReadersDesk(Files.createDirectories(folder));
    Path my = folder.resolve("my");
    DemoData.generate(my, DemoOptions.of(16, 5, DemoStyle.INSPECTION).withTexts(4).withHeldout(2));
    Files.createDirectory(my.resolve("pictures"));
    try (Stream<Path> drawn = Files.walk(my.resolve("images"))) {
      List<Path> pictures = drawn.filter(Files::isRegularFile).sorted().limit(2).toList();
      ImageIO.write(
          ImageIO.read(pictures.getFirst().toFile()), "jpg", my.resolve("picture.jpg").toFile());
      Path texts = Files.createDirectory(my.resolve("folder"));
      for (Path picture : pictures) {
        String name = picture.getFileName().toString();
        Files.copy(picture, my.resolve("pictures").resolve(name));
        Files.copy(picture, texts.resolve(name));
        Files.writeString(texts.resolve(name.replace(".png", ".txt")), "标签×1");
      }
      Files.writeString(
          my.resolve("instances.json"),
          """
          {"images": [{"id": 1, "file_name": "%s", "width": 128, "height": 128}, {"id": 2, "file_name": "%s", "width": 128, "height": 128}],
           "categories": [{"id": 1, "name": "标签"}],
           "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [10, 10, 40, 30]}, {"id": 2, "image_id": 2, "category_id": 1, "bbox": [5, 5, 20, 20]}]}
          """
              .formatted(pictures.getFirst().getFileName(), pictures.getLast().getFileName()));
    }
    Files.writeString(my.resolve("recipe.yaml"), RECIPE);
    Files.writeString(my.resolve("train.sh"), SWIFT_SCRIPT);
    Files.createSymbolicLink(folder.resolve(BASE), repository.resolve(BASE));
    copy(repository.resolve("configs"), folder.resolve("configs"));
    copy(repository.resolve("k8s"), folder.resolve("k8s"));
    desk.launchers();
    Launched.train(folder, my.resolve("recipe.yaml"), 1, "runs/my").succeeded();
    return desk;
  }

  private void launchers() throws IOException {
    launcher("lockstep", "");
    Files.createDirectory(folder.resolve("bin"));
    for (String name : List.of("coordinator", "worker", "gateway")) {
      launcher("bin/" + name, name);
    }
    launcher("bin/lockstep", "");
  }

  private void launcher(String name, String command) throws IOException {
    Path file =
        Files.writeString(
            folder.resolve(name),
            "#!/bin/bash\nexport LC_ALL=C.UTF-8\nexec %s %s \"$@\"\n"
                .formatted(String.join(" ", Launched.command()), command));
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  /** A copy to work on. */
  ReadersDesk copyTo(Path target) throws IOException {
    copy(folder, target);
    return new ReadersDesk(target);
  }

  /** Removes the link to the base model, before the folder is. */
  @Override
  public void close() throws IOException {
    Files.deleteIfExists(folder.resolve(BASE));
  }

  /** Copies a folder; links are kept. */
  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Files.copy(
            file,
            to.resolve(from.relativize(file)),
            LinkOption.NOFOLLOW_LINKS,
            StandardCopyOption.COPY_ATTRIBUTES);
      }
    }
  }
}
