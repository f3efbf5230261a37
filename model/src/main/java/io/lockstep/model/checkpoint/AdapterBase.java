package io.lockstep.model.checkpoint;

import io.lockstep.model.adapter.Adapter;
import io.lockstep.model.adapter.AdapterConfig;
import io.lockstep.model.adapter.InvalidAdapterException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;

/** Which model an adapter belongs to. */
final class AdapterBase {

  private static final String KEY = "base_model_name_or_path";

  private AdapterBase() {}

  /**
   * The folder of the base model that an adapter's configuration names; a relative one is relative
   * to the adapter's folder. Only a folder with a model in it is accepted; whether it is the right
   * one, {@link #requireMatch} tells before anything is computed.
   */
  static Path folderOf(Path adapter) throws IOException {
    String base =
        AdapterConfig.read(adapter).base().orElseThrow(() -> refused(adapter, KEY + " is missing"));
    Path folder;
    try {
      folder = adapter.toAbsolutePath().resolve(base).normalize();
    } catch (InvalidPathException e) {
      throw refused(adapter, KEY + " '" + base + "' is no path");
    }
    if (!Files.isRegularFile(folder.resolve("config.json")) || AdapterConfig.isIn(folder)) {
      throw refused(adapter, KEY + " '" + base + "' is no folder with a whole model");
    }
    return folder;
  }

  private static InvalidAdapterException refused(Path adapter, String problem) {
    return new InvalidAdapterException(
        adapter.toString(),
        List.of(problem + ": give the base model with --model and this folder with --adapter"));
  }

  /** Fails if an adapter says that it was made for other weights than those in a folder. */
  static void requireMatch(Path folder, Adapter adapter, Path base) throws IOException {
    String made = adapter.baseSha256().orElse(null);
    if (made == null) {
      return;
    }
    String stored = LoadedModel.storedSha256(base);
    if (!stored.equals(made)) {
      throw new InvalidAdapterException(
          folder.toString(),
          List.of(
              "was trained on base weights of SHA-256 %s, but %s holds %s: name the folder it was trained on"
                  .formatted(made, base, stored)));
    }
  }
}
