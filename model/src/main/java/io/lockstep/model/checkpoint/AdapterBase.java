package io.lockstep.model.checkpoint;

import io.lockstep.model.adapter.AdapterConfig;
import io.lockstep.model.adapter.AdapterMerger;
import io.lockstep.model.adapter.InvalidAdapterException;
import io.lockstep.model.family.ModelFamilies;
import io.lockstep.model.network.ModelConfig;
import io.lockstep.model.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** Which model an adapter belongs to. */
public final class AdapterBase {

  private static final String KEY = "base_model_name_or_path";

  private AdapterBase() {}

  /**
   * The folder of the whole model that a folder stands for: itself, or the base model that an
   * adapter's configuration names.
   *
   * @throws IOException if an adapter's base model is not there
   */
  public static Path modelOf(Path folder) throws IOException {
    return AdapterConfig.isIn(folder) ? folderOf(folder) : folder;
  }

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
    if (!Files.isRegularFile(folder.resolve(CheckpointFiles.CONFIG))
        || AdapterConfig.isIn(folder)) {
      throw refused(adapter, KEY + " '" + base + "' is no folder with a whole model");
    }
    return folder;
  }

  /**
   * Checks an adapter against a base model without loading either.
   *
   * @throws IOException naming everything about the adapter that does not fit the model
   */
  public static void requireFit(Path adapter, Path model) throws IOException {
    ModelConfig config = ModelFamilies.read(model.resolve(CheckpointFiles.CONFIG));
    try (AdapterMerger merger = AdapterMerger.open(adapter, config.layout())) {
      requireMatch(adapter, merger.baseSha256(), model);
    }
  }

  /**
   * Fails if a tokenizer that lies beside an adapter, as many programs store it, is another than
   * its base model's: the adapter would be given tokens that it has not learned.
   */
  static void requireSameTokens(Path adapter, Tokenizer base) throws IOException {
    if (!Files.isRegularFile(adapter.resolve(Tokenizer.FILE))) {
      return;
    }
    try (Tokenizer own = Tokenizer.open(adapter)) {
      OptionalInt other = base.firstDifference(own);
      if (other.isPresent()) {
        int id = other.getAsInt();
        throw new InvalidAdapterException(
            adapter.resolve(Tokenizer.FILE).toString(),
            List.of(
                "token %d is '%s' but '%s' in the base model's: name the base model it was trained on"
                    .formatted(id, own.display(id), base.display(id))));
      }
    }
  }

  private static InvalidAdapterException refused(Path adapter, String problem) {
    return new InvalidAdapterException(
        adapter.resolve(AdapterConfig.FILE_NAME).toString(),
        List.of(
            problem
                + ": set it to the base model's folder, or merge both with `lockstep export merge"
                + " --model BASE --adapter "
                + adapter
                + " --out DIR`"));
  }

  /**
   * Fails if an adapter was made for other weights than those in a folder.
   *
   * @param adapter the adapter's folder
   * @param made digest of the weights it was made for; empty if it doesn't tell
   */
  static void requireMatch(Path adapter, Optional<String> made, Path base) throws IOException {
    if (made.isEmpty()) {
      return;
    }
    String stored = LoadedModel.storedSha256(base);
    if (!stored.equals(made.get())) {
      throw new InvalidAdapterException(
          adapter.toString(),
          List.of(
              "was trained on base weights of SHA-256 %s, but %s holds %s: name the folder it was trained on"
                  .formatted(made.get(), base, stored)));
    }
  }
}
